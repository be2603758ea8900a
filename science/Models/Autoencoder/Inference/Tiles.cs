using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>Sixteen rows of sixteen floats.</summary>
internal static unsafe class Tiles
{
    /// <summary>Writes a tile turned over its diagonal.</summary>
    /// <param name="from">[16, 16], row after row.</param>
    /// <param name="to">[16, 16]; only the first rows are written.</param>
    /// <param name="rows">How many; 16 or more: all.</param>
    public static void Transpose(float* from, float* to, int rows)
    {
        if (!Avx512F.IsSupported || rows < Lanes.Count)
        {
            for (var r = 0; r < Math.Min(rows, Lanes.Count); r++)
            {
                for (var c = 0; c < Lanes.Count; c++)
                {
                    to[(r * Lanes.Count) + c] = from[(c * Lanes.Count) + r];
                }
            }

            return;
        }

        // Four by four blocks within the rows, then the blocks; through memory between the two, which stays in the first-level cache.
        var blocks = stackalloc float[Lanes.Count * Lanes.Count];
        for (var r = 0; r < Lanes.Count; r += 4)
        {
            var at = from + (r * Lanes.Count);
            Vector512<float> a = Vector512.Load(at), b = Vector512.Load(at + 16), c = Vector512.Load(at + 32), d = Vector512.Load(at + 48);
            Vector512<float> ab0 = Avx512F.UnpackLow(a, b), ab1 = Avx512F.UnpackHigh(a, b);
            Vector512<float> cd0 = Avx512F.UnpackLow(c, d), cd1 = Avx512F.UnpackHigh(c, d);
            Avx512F.Shuffle(ab0, cd0, 0x44).Store(blocks + (r * 4));
            Avx512F.Shuffle(ab0, cd0, 0xEE).Store(blocks + (r * 4) + 64);
            Avx512F.Shuffle(ab1, cd1, 0x44).Store(blocks + (r * 4) + 128);
            Avx512F.Shuffle(ab1, cd1, 0xEE).Store(blocks + (r * 4) + 192);
        }

        for (var r = 0; r < 4; r++)
        {
            Rows(blocks + (r * 64), to + (r * Lanes.Count));
        }
    }

    // Four rows of which each holds four blocks of one column of the result, to rows 0, 4, 8 and 12 after the given one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rows(float* blocks, float* to)
    {
        Vector512<float> a = Vector512.Load(blocks), b = Vector512.Load(blocks + 16);
        Vector512<float> c = Vector512.Load(blocks + 32), d = Vector512.Load(blocks + 48);
        Vector512<float> ab0 = Avx512F.Shuffle4x128(a, b, 0x88), ab1 = Avx512F.Shuffle4x128(a, b, 0xDD);
        Vector512<float> cd0 = Avx512F.Shuffle4x128(c, d, 0x88), cd1 = Avx512F.Shuffle4x128(c, d, 0xDD);
        Avx512F.Shuffle4x128(ab0, cd0, 0x88).Store(to);
        Avx512F.Shuffle4x128(ab1, cd1, 0x88).Store(to + 64);
        Avx512F.Shuffle4x128(ab0, cd0, 0xDD).Store(to + 128);
        Avx512F.Shuffle4x128(ab1, cd1, 0xDD).Store(to + 192);
    }
}
