using System.Numerics;
using System.Runtime.InteropServices;

namespace Ism.Collectives;

/// <summary>Conversion between single precision and brain floating point (the upper half of a single), with SIMD, on the calling
/// thread alone.</summary>
public static class BFloat16
{
    /// <summary>Rounds to nearest, ties to even; what is too large becomes infinite, a NaN stays one.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Round(ReadOnlySpan<float> singles, Span<ushort> halves)
    {
        RequireEqual(singles.Length, halves.Length);
        var to = MemoryMarshal.Cast<ushort, Vector<ushort>>(halves);
        var from = MemoryMarshal.Cast<float, Vector<float>>(singles)[..(2 * to.Length)];
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = Vector.Narrow(Round(from[2 * i]), Round(from[(2 * i) + 1]));
        }

        for (var i = to.Length * Vector<ushort>.Count; i < singles.Length; i++)
        {
            halves[i] = (ushort)Round(new Vector<float>(singles[i]))[0];
        }
    }

    /// <summary>The same values as singles, exactly.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> singles)
    {
        RequireEqual(halves.Length, singles.Length);
        var from = MemoryMarshal.Cast<ushort, Vector<ushort>>(halves);
        var to = MemoryMarshal.Cast<float, Vector<float>>(singles)[..(2 * from.Length)];
        for (var i = 0; i < from.Length; i++)
        {
            Vector.Widen(from[i], out var low, out var high);
            (to[2 * i], to[(2 * i) + 1]) = (Vector.AsVectorSingle(low << 16), Vector.AsVectorSingle(high << 16));
        }

        for (var i = from.Length * Vector<ushort>.Count; i < halves.Length; i++)
        {
            singles[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }

    /// <summary>Rounded, in the lower half of each element.</summary>
    internal static Vector<uint> Round(Vector<float> value)
    {
        // The upper half, after adding just under half of its last place; a NaN must not be carried over into infinity.
        var bits = Vector.AsVectorUInt32(value);
        var rounded = (bits + new Vector<uint>(0x7fff) + ((bits >> 16) & Vector<uint>.One)) >> 16;
        var nan = (bits >> 16) | new Vector<uint>(0x40);
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(value, value)), rounded, nan);
    }

    private static void RequireEqual(int from, int to)
    {
        if (from != to)
        {
            throw new ArgumentException($"{from} elements do not go into {to}");
        }
    }
}
