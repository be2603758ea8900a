using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>Looks for NaN and infinity: numbers whose exponent bits are all set.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether all little-endian numbers of a floating-point type are finite; true for other types.</summary>
    public static bool All(ReadOnlySpan<byte> bytes, torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float32 => All(MemoryMarshal.Cast<byte, uint>(bytes), 0x7F80_0000u),
        torch.ScalarType.Float64 => All(MemoryMarshal.Cast<byte, ulong>(bytes), 0x7FF0_0000_0000_0000ul),
        torch.ScalarType.BFloat16 => All(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7F80),
        torch.ScalarType.Float16 => All(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7C00),
        _ => true,
    };

    private static bool All<T>(ReadOnlySpan<T> numbers, T exponent) where T : unmanaged, IBinaryInteger<T>
    {
        var mask = new Vector<T>(exponent);
        for (; numbers.Length >= Vector<T>.Count; numbers = numbers[Vector<T>.Count..])
        {
            if (Vector.EqualsAny(new Vector<T>(numbers) & mask, mask))
            {
                return false;
            }
        }

        foreach (var number in numbers)
        {
            if ((number & exponent) == exponent)
            {
                return false;
            }
        }

        return true;
    }
}
