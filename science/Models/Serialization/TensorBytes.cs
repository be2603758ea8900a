using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>Moves the raw little-endian bytes of tensors of any size to and from streams, in pieces a span can address.</summary>
public static class TensorBytes
{
    private const long ElementsAtOnce = 1L << 24;

    /// <summary>Writes the elements of <paramref name="tensor"/> in row-major order; any device and strides.</summary>
    public static void Write(torch.Tensor tensor, Action<ReadOnlySpan<byte>> write)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        for (long start = 0; start < flat.NumberOfElements; start += ElementsAtOnce)
        {
            using var piece = flat.narrow(0, start, Math.Min(ElementsAtOnce, flat.NumberOfElements - start));
            write(piece.bytes);
        }
    }

    /// <summary>Fills a new CPU tensor of the given type and shape; <paramref name="fill"/> is called with consecutive pieces.
    /// </summary>
    public static torch.Tensor Read(TensorSpec spec, FillSpan fill)
    {
        var tensor = torch.empty(spec.Shape.ToArray(), dtype: spec.Dtype);
        try
        {
            using var scope = torch.NewDisposeScope();
            var flat = tensor.view(-1);
            for (long start = 0; start < spec.Elements; start += ElementsAtOnce)
            {
                using var piece = flat.narrow(0, start, Math.Min(ElementsAtOnce, spec.Elements - start));
                fill(piece.bytes);
            }

            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Fills the next piece of a tensor.</summary>
    public delegate void FillSpan(Span<byte> piece);
}
