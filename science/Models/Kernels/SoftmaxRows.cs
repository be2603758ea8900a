using System.Runtime.Intrinsics;
using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>Softmax of scaled scores over the last dimension and its gradient, in place. Inner arithmetic is float32 also where rows are
/// bfloat16.</summary>
internal static unsafe class SoftmaxRows
{
    private const int Width = 8;

    /// <summary>softmax(scale * x) of each row of a contiguous tensor [..., N], in place.</summary>
    public static void Forward(torch.Tensor scores, double scale)
    {
        if (!TensorMemory.IsServed(scores))
        {
            using var scope = torch.NewDisposeScope();
            scores.copy_(scores.mul_(Held.Of(scale)).softmax(-1));
            return;
        }

        var n = (int)scores.shape[^1];
        var (rows, p) = (scores.NumberOfElements / n, (nint)TensorMemory.Of(scores));
        var factor = (float)scale;
        KernelRows.For(rows, n, TensorMemory.IsShort(scores)
            ? (from, to) => Forward<StoredShort>((byte*)p, from, to, n, factor)
            : (from, to) => Forward<StoredSingle>((byte*)p, from, to, n, factor));
    }

    /// <summary>Turns <paramref name="gradient"/> (of the weights, [..., N]) into that of the unscaled scores: w * (g - sum of w g over
    /// the row) * scale, in place.</summary>
    public static void Backward(torch.Tensor gradient, torch.Tensor weights, double scale)
    {
        if (!TensorMemory.IsServed(gradient) || !TensorMemory.IsServed(weights))
        {
            using var scope = torch.NewDisposeScope();
            var product = gradient * weights;
            _ = gradient.copy_((product - (weights * product.sum(-1, keepdim: true))).mul_(Held.Of(scale)));
            return;
        }

        var n = (int)gradient.shape[^1];
        var (rows, g, w) = (gradient.NumberOfElements / n, (nint)TensorMemory.Of(gradient), (nint)TensorMemory.Of(weights));
        var factor = (float)scale;
        KernelRows.For(rows, n, TensorMemory.IsShort(gradient)
            ? (from, to) => Backward<StoredShort>((byte*)g, (byte*)w, from, to, n, factor)
            : (from, to) => Backward<StoredSingle>((byte*)g, (byte*)w, from, to, n, factor));
    }

    private static void Forward<T>(byte* p, long from, long to, int n, float scale) where T : struct, IStored
    {
        // The row in float32, filled up with -infinity, so that bfloat16 rounds once.
        var padded = (n + Width - 1) / Width * Width;
        var row = new float[padded];
        fixed (float* x = row)
        {
            for (var r = from; r < to; r++)
            {
                var start = r * n;
                var highest = Vector256.Create(float.NegativeInfinity);
                var i = 0;
                for (; i <= n - Width; i += Width)
                {
                    var value = T.Load(p, start + i);
                    value.Store(x + i);
                    highest = Vector256.Max(highest, value);
                }

                for (; i < padded; i++)
                {
                    x[i] = i < n ? T.LoadOne(p, start + i) : float.NegativeInfinity;
                }

                highest = Vector256.Max(highest, Vector256.Load(x + padded - Width));
                var top = Vector256.Create(Highest(highest));
                var sum = Vector256<float>.Zero;
                for (i = 0; i < padded - Width; i += Width)
                {
                    var e = FastExponential.Of((Vector256.Load(x + i) - top) * scale);
                    e.Store(x + i);
                    sum += e;
                }

                var last = Vector256.ConditionalSelect(
                    Vector256.LessThan(Vector256<float>.Indices, Vector256.Create((float)(n - i))),
                    FastExponential.Of((Vector256.Load(x + i) - top) * scale), Vector256<float>.Zero);
                last.Store(x + i);
                var inverse = Vector256.Create(1 / Vector256.Sum(sum + last));
                for (i = 0; i <= n - Width; i += Width)
                {
                    T.Store(p, start + i, Vector256.Load(x + i) * inverse);
                }

                for (; i < n; i++)
                {
                    T.StoreOne(p, start + i, x[i] * inverse[0]);
                }
            }
        }
    }

    private static void Backward<T>(byte* g, byte* w, long from, long to, int n, float scale) where T : struct, IStored
    {
        for (var r = from; r < to; r++)
        {
            var start = r * n;
            var sum = Vector256<float>.Zero;
            var rest = 0f;
            var i = 0;
            for (; i <= n - Width; i += Width)
            {
                sum = Vector256.FusedMultiplyAdd(T.Load(g, start + i), T.Load(w, start + i), sum);
            }

            for (; i < n; i++)
            {
                rest += T.LoadOne(g, start + i) * T.LoadOne(w, start + i);
            }

            var dot = Vector256.Sum(sum) + rest;
            var dots = Vector256.Create(dot);
            for (i = 0; i <= n - Width; i += Width)
            {
                T.Store(g, start + i, (T.Load(g, start + i) - dots) * T.Load(w, start + i) * scale);
            }

            for (; i < n; i++)
            {
                T.StoreOne(g, start + i, (T.LoadOne(g, start + i) - dot) * T.LoadOne(w, start + i) * scale);
            }
        }
    }

    private static float Highest(Vector256<float> values)
    {
        var highest = values[0];
        for (var lane = 1; lane < Width; lane++)
        {
            highest = MathF.Max(highest, values[lane]);
        }

        return highest;
    }
}
