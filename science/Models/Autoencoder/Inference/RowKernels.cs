using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>What happens to each atom's features alone, between two matrix products. Widths are multiples of sixteen; T is float or
/// bfloat16 (ushort).</summary>
internal static unsafe class RowKernels
{
    private const float Epsilon = 1e-5f;

    /// <summary>Layer normalisation of rows [rows, width].</summary>
    public static void Normalise<T>(float* x, float* weight, float* bias, long rows, int width, T* to)
        where T : unmanaged
    {
        for (long r = 0; r < rows; r++, x += width, to += width)
        {
            var sum = Vector512<float>.Zero;
            for (var c = 0; c < width; c += Lanes.Count)
            {
                sum += Vector512.Load(x + c);
            }

            var mean = Vector512.Create(Vector512.Sum(sum) / width);
            var squares = Vector512<float>.Zero;
            for (var c = 0; c < width; c += Lanes.Count)
            {
                var d = Vector512.Load(x + c) - mean;
                squares = Vector512.FusedMultiplyAdd(d, d, squares);
            }

            var inverse = Vector512.Create(1 / MathF.Sqrt((Vector512.Sum(squares) / width) + Epsilon));
            for (var c = 0; c < width; c += Lanes.Count)
            {
                var d = (Vector512.Load(x + c) - mean) * inverse;
                Lanes.Store(Vector512.FusedMultiplyAdd(d, Vector512.Load(weight + c), Vector512.Load(bias + c)), to + c);
            }
        }
    }

    /// <summary>y = GELU(y + bias), in place.</summary>
    public static void Gelu<T>(T* y, float* bias, long rows, int width)
        where T : unmanaged
    {
        for (long r = 0; r < rows; r++, y += width)
        {
            for (var c = 0; c < width; c += Lanes.Count)
            {
                Lanes.Store(Lanes.Gelu(Lanes.Load(y + c) + Vector512.Load(bias + c)), y + c);
            }
        }
    }

    /// <summary>x = x + scale (y + bias), the residual connection with LayerScale.</summary>
    public static void Add<T>(float* x, T* y, float* bias, float* scale, long rows, int width)
        where T : unmanaged
    {
        for (long r = 0; r < rows; r++, x += width, y += width)
        {
            for (var c = 0; c < width; c += Lanes.Count)
            {
                var step = Lanes.Load(y + c) + Vector512.Load(bias + c);
                Vector512.FusedMultiplyAdd(step, Vector512.Load(scale + c), Vector512.Load(x + c)).Store(x + c);
            }
        }
    }
}
