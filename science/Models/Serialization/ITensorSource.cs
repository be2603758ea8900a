using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>Named tensors that can be read one at a time: one safetensors file or the shards of a folder.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>File or folder, for messages.</summary>
    string Origin { get; }

    /// <summary>What is stored, by name.</summary>
    IReadOnlyDictionary<string, TensorSpec> Tensors { get; }

    /// <summary>Reads one tensor into CPU memory, in the stored type. The caller owns it.</summary>
    /// <exception cref="KeyNotFoundException">No tensor has this name.</exception>
    torch.Tensor Read(string name);
}
