using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>What a layer's forward pass leaves for its backward pass. Owns its tensors.</summary>
internal sealed class LayerTape : IDisposable
{
    private readonly List<torch.Tensor> _owned = [];

    /// <summary>Input [T, D].</summary>
    public required torch.Tensor Input { get; init; }

    /// <summary>After the first LayerNorm.</summary>
    public LayerNormResult AttentionNorm { get; set; }

    /// <summary>Rotated queries, rotated keys, values, [T, D] each.</summary>
    public (torch.Tensor Query, torch.Tensor Key, torch.Tensor Value) Projected { get; set; }

    /// <summary>What the attention keeps.</summary>
    public torch.Tensor[] Attention { get; set; } = [];

    /// <summary>The attention's output before its projection, [T, D].</summary>
    public torch.Tensor Context { get; set; } = null!;

    /// <summary>Residual stream between the two halves, [T, D].</summary>
    public torch.Tensor Attended { get; set; } = null!;

    /// <summary>After the second LayerNorm.</summary>
    public LayerNormResult FeedForwardNorm { get; set; }

    /// <summary>What GELU's gradient needs, [T, 4 D].</summary>
    public torch.Tensor Slope { get; set; } = null!;

    /// <summary>After GELU, [T, 4 D].</summary>
    public torch.Tensor Activated { get; set; } = null!;

    /// <summary>Keeps a tensor beyond the scope it was made in.</summary>
    public torch.Tensor Keep(torch.Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input.Dispose();
        _owned.ForEach(tensor => tensor.Dispose());
    }
}

/// <summary>A LayerNorm's output and statistics.</summary>
/// <param name="Output">[T, D].</param>
/// <param name="Mean">[T, 1].</param>
/// <param name="InverseDeviation">[T, 1].</param>
internal readonly record struct LayerNormResult(torch.Tensor Output, torch.Tensor Mean, torch.Tensor InverseDeviation);
