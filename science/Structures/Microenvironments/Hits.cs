using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ism.Structures;

/// <summary>Turns sixteen bits into the indices of those that are set.</summary>
internal static class Hits
{
    /// <summary>Writes first + bit for every set bit, ascending. May write up to sixteen values, whatever it returns.</summary>
    /// <returns>How many bits are set.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(uint bits, int first, ref int to)
    {
        var count = BitOperations.PopCount(bits);
        if (Avx512F.IsSupported)
        {
            var lane = Vector512<int>.Indices;
            var bit = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
            var chosen = Vector512.Equals(Vector512.Create((int)bits) & bit, bit);
            Avx512F.Compress(Vector512<int>.Zero, chosen, lane + Vector512.Create(first)).StoreUnsafe(ref to);
            return count;
        }

        for (; bits != 0; bits &= bits - 1)
        {
            to = first + BitOperations.TrailingZeroCount(bits);
            to = ref Unsafe.Add(ref to, 1);
        }

        return count;
    }
}
