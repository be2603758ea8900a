using System.Numerics;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>Elementwise reduction of bfloat16: computed in single precision, rounded to nearest, ties to even.</summary>
internal static class BFloat16Reduction
{
    /// <summary>data[i] = received[i] op data[i].</summary>
    public static void Apply(ReadOnlySpan<ushort> received, Span<ushort> data, ReduceOp op)
    {
        var from = MemoryMarshal.Cast<ushort, Vector<ushort>>(received);
        var into = MemoryMarshal.Cast<ushort, Vector<ushort>>(data)[..from.Length];
        for (var i = 0; i < from.Length; i++)
        {
            Vector.Widen(from[i], out var lowA, out var highA);
            Vector.Widen(into[i], out var lowB, out var highB);
            into[i] = Vector.Narrow(Of(lowA, lowB, op), Of(highA, highB, op));
        }

        for (var i = from.Length * Vector<ushort>.Count; i < data.Length; i++)
        {
            data[i] = (ushort)Of(new(received[i]), new(data[i]), op)[0];
        }
    }

    private static Vector<uint> Of(Vector<uint> a, Vector<uint> b, ReduceOp op)
    {
        var (x, y) = (Vector.AsVectorSingle(a << 16), Vector.AsVectorSingle(b << 16));
        return Round(op switch
        {
            ReduceOp.Sum => x + y,
            ReduceOp.Max => Vector.Max(x, y),
            ReduceOp.Min => Vector.Min(x, y),
            _ => throw new NotSupportedException($"unknown reduction {op}"),
        });
    }

    // The upper half, after adding just under half of its last place; a NaN must not be carried over into infinity.
    private static Vector<uint> Round(Vector<float> value)
    {
        var bits = Vector.AsVectorUInt32(value);
        var rounded = (bits + new Vector<uint>(0x7fff) + ((bits >> 16) & Vector<uint>.One)) >> 16;
        var nan = (bits >> 16) | new Vector<uint>(0x40);
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(value, value)), rounded, nan);
    }
}
