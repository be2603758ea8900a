using System.Runtime.Intrinsics;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>Rotates the two halves of every head against each other, in place, in one pass; before that it may add a bias.</summary>
internal static unsafe class RotaryRows
{
    private const int Width = 4;

    /// <summary>Rotates <paramref name="x"/> [T, H * d].</summary>
    /// <param name="x">Contiguous; float32 or bfloat16 on the CPU.</param>
    /// <param name="cos">[T, d / 2] float32.</param>
    /// <param name="sin">[T, d / 2] float32.</param>
    /// <param name="bias">[H * d] float32, added first; null: none.</param>
    /// <param name="back">By the opposite angle: the gradient's rotation.</param>
    public static void Rotate(torch.Tensor x, torch.Tensor cos, torch.Tensor sin, torch.Tensor? bias, bool back)
    {
        var (width, half) = ((int)x.shape[1], (int)cos.shape[1]);
        var (p, c, s) = ((nint)TensorMemory.Of(x), (nint)TensorMemory.Of(cos), (nint)TensorMemory.Of(sin));
        var b = bias is null ? 0 : (nint)TensorMemory.Of(bias);
        var sign = back ? -1f : 1f;
        KernelRows.For(x.shape[0], width, TensorMemory.IsShort(x)
            ? (from, to) => Rotate<StoredShort>((byte*)p, (float*)c, (float*)s, (float*)b, from, to, width, half, sign)
            : (from, to) => Rotate<StoredSingle>((byte*)p, (float*)c, (float*)s, (float*)b, from, to, width, half, sign));
    }

    private static void Rotate<T>(
        byte* p, float* cos, float* sin, float* bias, long from, long to, int width, int half, float sign) where T : struct, IStored
    {
        for (var row = from; row < to; row++)
        {
            var c = cos + (row * half);
            var s = sin + (row * half);
            for (var head = 0; head < width; head += 2 * half)
            {
                var first = (row * width) + head;
                var i = 0;
                for (; i <= half - Width; i += Width)
                {
                    var (a, b) = (T.LoadFour(p, first + i), T.LoadFour(p, first + half + i));
                    if (bias != null)
                    {
                        a += Vector128.Load(bias + head + i);
                        b += Vector128.Load(bias + head + half + i);
                    }

                    var (cosine, sine) = (Vector128.Load(c + i), Vector128.Load(s + i) * sign);
                    T.StoreFour(p, first + i, (a * cosine) - (b * sine));
                    T.StoreFour(p, first + half + i, (b * cosine) + (a * sine));
                }

                for (; i < half; i++)
                {
                    var (a, b) = (T.LoadOne(p, first + i), T.LoadOne(p, first + half + i));
                    if (bias != null)
                    {
                        a += bias[head + i];
                        b += bias[head + half + i];
                    }

                    T.StoreOne(p, first + i, (a * c[i]) - (b * s[i] * sign));
                    T.StoreOne(p, first + half + i, (b * c[i]) + (a * s[i] * sign));
                }
            }
        }
    }
}
