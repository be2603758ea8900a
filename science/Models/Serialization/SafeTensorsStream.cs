using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>Writes a safetensors file forward, byte after byte in the order of its tensors, to whoever takes the bytes: for a writer
/// that hashes what it writes.</summary>
public static class SafeTensorsStream
{
    /// <summary>Delivers header and tensors.</summary>
    /// <param name="tensors">What the file holds, in its order.</param>
    /// <param name="tensor">Gives the tensor of a number; it is disposed of when its bytes are delivered.</param>
    /// <param name="write">Takes the next bytes.</param>
    /// <exception cref="ArgumentException">A tensor is not what was announced.</exception>
    public static void Write(IReadOnlyList<TensorSpec> tensors, Func<int, torch.Tensor> tensor, Action<ReadOnlySpan<byte>> write)
    {
        write(SafeTensorsHeader.Write(tensors, null).Bytes);
        for (var i = 0; i < tensors.Count; i++)
        {
            using var next = tensor(i);
            if (next.dtype != tensors[i].Dtype || !next.shape.SequenceEqual(tensors[i].Shape))
            {
                throw new ArgumentException($"tensor '{tensors[i].Name}' was announced as {tensors[i]} but is "
                    + $"{new TensorSpec(tensors[i].Name, next.dtype, next.shape)}");
            }

            TensorBytes.Write(next, write);
        }
    }
}
