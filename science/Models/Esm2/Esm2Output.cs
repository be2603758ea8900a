using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>What a forward pass is to return.</summary>
[Flags]
public enum Esm2Outputs
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The last hidden states, after the final LayerNorm.</summary>
    Representation = 1,

    /// <summary>The hidden states before the first and after every layer.</summary>
    Layers = 2,

    /// <summary>Logits over the vocabulary.</summary>
    Logits = 4,

    /// <summary>Attention weights of every layer and head.</summary>
    Attentions = 8,

    /// <summary>Contact probabilities.</summary>
    Contacts = 16,
}

/// <summary>What a forward pass over T packed tokens returned; what was not asked for is null. Owns its tensors.</summary>
public sealed class Esm2Output : IDisposable
{
    /// <summary>[T, D]: last hidden states, after the final LayerNorm.</summary>
    public torch.Tensor? Representation { get; internal init; }

    /// <summary>layers + 1 tensors [T, D]: the scaled embeddings, then the residual stream after each layer; the last one is
    /// after the final LayerNorm.</summary>
    public IReadOnlyList<torch.Tensor>? Layers { get; internal init; }

    /// <summary>[T, 33].</summary>
    public torch.Tensor? Logits { get; internal init; }

    /// <summary>Per sequence [layers, heads, L, L], &lt;cls&gt; and &lt;eos&gt; included.</summary>
    public IReadOnlyList<torch.Tensor>? Attentions { get; internal init; }

    /// <summary>Per sequence [L - 2, L - 2] probabilities: residues only.</summary>
    public IReadOnlyList<torch.Tensor>? Contacts { get; internal init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (torch.Tensor?[])[Representation, .. Layers ?? [], Logits, .. Attentions ?? [], .. Contacts ?? []])
        {
            tensor?.Dispose();
        }
    }
}
