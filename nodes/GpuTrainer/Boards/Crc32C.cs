using System.Buffers.Binary;
using System.Numerics;

namespace Ism.GpuTrainer.Boards;

/// <summary>The cyclic redundancy check with Castagnoli's polynomial (RFC 3720, appendix B.4), and TFRecord's mask over it.</summary>
internal static class Crc32C
{
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>The check of these bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var single in bytes)
        {
            crc = BitOperations.Crc32C(crc, single);
        }

        return ~crc;
    }

    /// <summary>The check as a TFRecord has it: turned right by 15 bits, plus a constant, so that a check over data that hold checks is
    /// still one.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Of(bytes), 15) + MaskDelta;
}
