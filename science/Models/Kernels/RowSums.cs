using System.Runtime.Intrinsics;
using TorchSharp;

namespace Ism.Models.Kernels;

/// <summary>Adds tensors of another type to float32 sums in one pass; libtorch would widen them to a tensor first.</summary>
internal static unsafe class RowSums
{
    private const int Width = 8;

    /// <summary>Adds <paramref name="x"/> to <paramref name="sums"/>, both of one shape.</summary>
    public static void Add(torch.Tensor sums, torch.Tensor x)
    {
        if (!TensorMemory.IsServed(x) || sums.dtype != torch.ScalarType.Float32 || !sums.is_contiguous())
        {
            using var scope = torch.NewDisposeScope();
            _ = sums.add_(x);
            return;
        }

        var (s, p) = ((nint)TensorMemory.Of(sums), (nint)TensorMemory.Of(x));
        KernelRows.For(sums.NumberOfElements, 1, TensorMemory.IsShort(x)
            ? (from, to) => Add<StoredShort>((float*)s, (byte*)p, from, to)
            : (from, to) => Add<StoredSingle>((float*)s, (byte*)p, from, to), Width);
    }

    private static void Add<T>(float* sums, byte* x, long from, long to) where T : struct, IStored
    {
        var i = from;
        for (; i <= to - Width; i += Width)
        {
            (Vector256.Load(sums + i) + T.Load(x, i)).Store(sums + i);
        }

        for (; i < to; i++)
        {
            sums[i] += T.LoadOne(x, i);
        }
    }
}
