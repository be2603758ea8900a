using System.Runtime.Intrinsics;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>Sums over rows: the gradient of a bias.</summary>
internal static unsafe class ColumnSums
{
    private const int Width = 8;
    private const int Block = 64;

    /// <summary>Adds the sum over the rows of <paramref name="x"/> [T, N] to <paramref name="sums"/> [N].</summary>
    public static void AddTo(torch.Tensor sums, torch.Tensor x)
    {
        if (!TensorMemory.IsServed(x) || sums.dtype != torch.ScalarType.Float32 || !sums.is_contiguous())
        {
            using var scope = torch.NewDisposeScope();
            _ = sums.add_(x.sum(0, type: sums.dtype));
            return;
        }

        var (rows, n) = (x.shape[0], x.shape[1]);
        var (p, s) = ((nint)TensorMemory.Of(x), (nint)TensorMemory.Of(sums));
        KernelRows.For(n, rows, TensorMemory.IsShort(x)
            ? (from, to) => AddTo<StoredShort>((float*)s, (byte*)p, rows, n, from, to)
            : (from, to) => AddTo<StoredSingle>((float*)s, (byte*)p, rows, n, from, to), Block);
    }

    // Blocks of rows are added up apart, so that rounding does not grow with the number of rows.
    private static void AddTo<T>(float* sums, byte* x, long rows, long n, long from, long to) where T : struct, IStored
    {
        var partial = new float[to - from];
        fixed (float* part = partial)
        {
            for (long first = 0; first < rows; first += Block)
            {
                Array.Clear(partial);
                for (var row = first; row < Math.Min(rows, first + Block); row++)
                {
                    var start = (row * n) + from;
                    long i = 0;
                    for (; i <= partial.Length - Width; i += Width)
                    {
                        (Vector256.Load(part + i) + T.Load(x, start + i)).Store(part + i);
                    }

                    for (; i < partial.Length; i++)
                    {
                        part[i] += T.LoadOne(x, start + i);
                    }
                }

                for (long i = 0; i < partial.Length; i++)
                {
                    sums[from + i] += part[i];
                }
            }
        }
    }
}
