using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ism.Models.Kernels;

/// <summary>
/// Products of small matrices in float32, C = A B, where B is a panel of 16, 24 or 32 columns that lie end to end. Eight rows of A are
/// taken at a time, so sums stay in registers; a row's result does not depend on the others. Wants 512-bit vectors.
/// </summary>
internal static unsafe class PanelProduct
{
    /// <summary>Rows that are computed together; numbers of rows are multiples of it.</summary>
    public const int Rows = 8;

    private const int Lanes = 16;

    /// <summary>The least width of a panel that holds so many columns, at most 32.</summary>
    public static int Panel(int columns) => columns <= 16 ? 16 : columns <= 24 ? 24 : 32;

    /// <summary>Computes C, or adds to it.</summary>
    /// <param name="width">Columns of B and C: 16, 24 or 32.</param>
    /// <param name="a">[rows, inner], rows <paramref name="stride"/> apart.</param>
    /// <param name="stride">From one row of A to the next.</param>
    /// <param name="rows">A multiple of eight.</param>
    /// <param name="inner">Columns of A and rows of B.</param>
    /// <param name="b">[inner, width].</param>
    /// <param name="c">[rows, width].</param>
    /// <param name="add">Whether C is added to.</param>
    public static void Run(int width, float* a, long stride, int rows, int inner, float* b, float* c, bool add = false)
    {
        for (var row = 0; row < rows; row += Rows, a += Rows * stride, c += Rows * width)
        {
            switch (width)
            {
                case 16:
                    Block<Nothing, Nothing>(a, stride, inner, b, c, add);
                    break;
                case 24:
                    Block<Eight, Vector256<float>>(a, stride, inner, b, c, add);
                    break;
                default:
                    Block<Sixteen, Vector512<float>>(a, stride, inner, b, c, add);
                    break;
            }
        }
    }

    private static void Block<TRest, TVector>(float* x0, long stride, long inner, float* b, float* c, bool add)
        where TRest : struct, IRest<TVector>
        where TVector : struct
    {
        var width = Lanes + TRest.Width;
        float* x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride, x4 = x3 + stride, x5 = x4 + stride, x6 = x5 + stride, x7 = x6 + stride;
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        for (long k = 0; k < inner; k++, b += width)
        {
            var (first, rest) = (Vector512.Load(b), TRest.Load(b + Lanes));
            var factor = Vector512.Create(x0[k]);
            (a0, b0) = (Vector512.FusedMultiplyAdd(first, factor, a0), TRest.Add(rest, factor, b0));
            factor = Vector512.Create(x1[k]);
            (a1, b1) = (Vector512.FusedMultiplyAdd(first, factor, a1), TRest.Add(rest, factor, b1));
            factor = Vector512.Create(x2[k]);
            (a2, b2) = (Vector512.FusedMultiplyAdd(first, factor, a2), TRest.Add(rest, factor, b2));
            factor = Vector512.Create(x3[k]);
            (a3, b3) = (Vector512.FusedMultiplyAdd(first, factor, a3), TRest.Add(rest, factor, b3));
            factor = Vector512.Create(x4[k]);
            (a4, b4) = (Vector512.FusedMultiplyAdd(first, factor, a4), TRest.Add(rest, factor, b4));
            factor = Vector512.Create(x5[k]);
            (a5, b5) = (Vector512.FusedMultiplyAdd(first, factor, a5), TRest.Add(rest, factor, b5));
            factor = Vector512.Create(x6[k]);
            (a6, b6) = (Vector512.FusedMultiplyAdd(first, factor, a6), TRest.Add(rest, factor, b6));
            factor = Vector512.Create(x7[k]);
            (a7, b7) = (Vector512.FusedMultiplyAdd(first, factor, a7), TRest.Add(rest, factor, b7));
        }

        Put<TRest, TVector>(a0, b0, c, add);
        Put<TRest, TVector>(a1, b1, c + width, add);
        Put<TRest, TVector>(a2, b2, c + (2 * width), add);
        Put<TRest, TVector>(a3, b3, c + (3 * width), add);
        Put<TRest, TVector>(a4, b4, c + (4 * width), add);
        Put<TRest, TVector>(a5, b5, c + (5 * width), add);
        Put<TRest, TVector>(a6, b6, c + (6 * width), add);
        Put<TRest, TVector>(a7, b7, c + (7 * width), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TRest, TVector>(Vector512<float> first, TVector rest, float* c, bool add)
        where TRest : struct, IRest<TVector>
        where TVector : struct
    {
        if (add)
        {
            first += Vector512.Load(c);
            rest = TRest.Add(TRest.Load(c + Lanes), Vector512<float>.One, rest);
        }

        first.Store(c);
        TRest.Store(rest, c + Lanes);
    }

    // What a panel has beyond its first sixteen columns.
    private interface IRest<TVector>
    {
        static abstract int Width { get; }

        static abstract TVector Load(float* from);

        static abstract TVector Add(TVector values, Vector512<float> factor, TVector sum);

        static abstract void Store(TVector values, float* to);
    }

    private readonly struct Nothing : IRest<Nothing>
    {
        public static int Width => 0;

        public static Nothing Load(float* from) => default;

        public static Nothing Add(Nothing values, Vector512<float> factor, Nothing sum) => default;

        public static void Store(Nothing values, float* to)
        {
        }
    }

    private readonly struct Eight : IRest<Vector256<float>>
    {
        public static int Width => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(float* from) => Vector256.Load(from);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Add(Vector256<float> values, Vector512<float> factor, Vector256<float> sum) =>
            Vector256.FusedMultiplyAdd(values, factor.GetLower(), sum);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<float> values, float* to) => values.Store(to);
    }

    private readonly struct Sixteen : IRest<Vector512<float>>
    {
        public static int Width => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(float* from) => Vector512.Load(from);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Add(Vector512<float> values, Vector512<float> factor, Vector512<float> sum) =>
            Vector512.FusedMultiplyAdd(values, factor, sum);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<float> values, float* to) => values.Store(to);
    }
}
