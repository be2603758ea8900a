using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>
/// GELU in its erf form of rows with a bias, and its derivative in the same pass: the exponential of both is the same, so backward is
/// one multiplication. The normal distribution is Abramowitz and Stegun's 7.1.26 (absolute error 1.5e-7).
/// </summary>
internal static unsafe class GeluRows
{
    private const int Width = 8;

    /// <summary>gelu(x + bias) of <paramref name="x"/> [T, N]; <paramref name="x"/> itself becomes what
    /// <see cref="Backward"/> needs.</summary>
    public static torch.Tensor Forward(torch.Tensor x, torch.Tensor bias)
    {
        if (!TensorMemory.IsServed(x) || bias.dtype != torch.ScalarType.Float32)
        {
            using var scope = torch.NewDisposeScope();
            return torch.nn.functional.gelu(x.add_(bias)).MoveToOuterDisposeScope();
        }

        var y = torch.empty_like(x);
        var n = x.shape[1];
        var (p, q, b) = ((nint)TensorMemory.Of(x), (nint)TensorMemory.Of(y), (nint)TensorMemory.Of(bias));
        KernelRows.For(x.shape[0], n, TensorMemory.IsShort(x)
            ? (from, to) => Forward<StoredShort>((byte*)p, (byte*)q, (float*)b, from, to, n)
            : (from, to) => Forward<StoredSingle>((byte*)p, (byte*)q, (float*)b, from, to, n));
        return y;
    }

    /// <summary>Multiplies <paramref name="gradient"/> [T, N] by the derivative, in place.</summary>
    public static void Backward(torch.Tensor gradient, torch.Tensor saved, bool fromKernel, torch.jit.CompilationUnit scripts)
    {
        if (fromKernel)
        {
            _ = gradient.mul_(saved);
            return;
        }

        using var scope = torch.NewDisposeScope();
        _ = gradient.copy_((torch.Tensor)scripts.invoke("gelu_backward", gradient, saved));
    }

    /// <summary>Whether <see cref="Forward"/> left the derivative itself.</summary>
    public static bool Serves(torch.Tensor x, torch.Tensor bias) => TensorMemory.IsServed(x) && bias.dtype == torch.ScalarType.Float32;

    private static void Forward<T>(byte* x, byte* y, float* bias, long from, long to, long n) where T : struct, IStored
    {
        for (var r = from; r < to; r++)
        {
            var start = r * n;
            long i = 0;
            for (; i <= n - Width; i += Width)
            {
                var value = T.Load(x, start + i) + Vector256.Load(bias + i);
                var (gelu, slope) = Both(value);
                T.Store(y, start + i, gelu);
                T.Store(x, start + i, slope);
            }

            for (; i < n; i++)
            {
                var (gelu, slope) = Both(Vector256.Create(T.LoadOne(x, start + i) + bias[i]));
                T.StoreOne(y, start + i, gelu[0]);
                T.StoreOne(x, start + i, slope[0]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Gelu, Vector256<float> Slope) Both(Vector256<float> x)
    {
        var z = Vector256.Abs(x) * 0.70710678118654752f;
        var t = Vector256<float>.One / Vector256.FusedMultiplyAdd(z, Vector256.Create(0.3275911f), Vector256<float>.One);
        var p = Vector256.Create(1.061405429f);
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-1.453152027f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(1.421413741f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(-0.284496736f));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(0.254829592f));
        var density = FastExponential.Of(z * -z);
        var tail = p * t * density * 0.5f;
        var distribution = Vector256.ConditionalSelect(
            Vector256.LessThan(x, Vector256<float>.Zero), tail, Vector256<float>.One - tail);
        return (x * distribution, Vector256.FusedMultiplyAdd(x * 0.39894228040143268f, density, distribution));
    }
}
