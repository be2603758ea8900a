using System.Runtime.InteropServices;

namespace Ism.Collectives.Tests;

/// <summary>Values of any element type, as doubles.</summary>
internal static class Numbers
{
    /// <summary>Whole numbers from -100 to 100, the same for the same rank.</summary>
    public static double[] Of(int rank, int count)
    {
        var random = new Random(rank + 40);
        return [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(-100, 101))];
    }

    public static byte[] Encode(double[] values, ElementType type) => type switch
    {
        ElementType.Float32 => Bytes(Array.ConvertAll(values, value => (float)value)),
        ElementType.Float64 => Bytes(values),
        ElementType.Int64 => Bytes(Array.ConvertAll(values, value => (long)value)),
        ElementType.BFloat16 => Bytes(Array.ConvertAll(values, BFloat16)),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static double[] Decode(ReadOnlySpan<byte> bytes, ElementType type) => type switch
    {
        ElementType.Float32 => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value)],
        ElementType.Float64 => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        ElementType.Int64 => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(value => (double)value)],
        ElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(value => (double)Single(value))],
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>To nearest, ties to even; the plain way, a case at a time.</summary>
    public static ushort BFloat16(double value)
    {
        var single = (float)value;
        var bits = BitConverter.SingleToUInt32Bits(single);
        if (float.IsNaN(single))
        {
            return (ushort)((bits >> 16) | 0x40);
        }

        var (upper, lower) = (bits >> 16, bits & 0xffff);
        return (ushort)(lower > 0x8000 || (lower == 0x8000 && upper % 2 == 1) ? upper + 1 : upper);
    }

    public static float Single(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
