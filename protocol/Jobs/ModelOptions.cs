namespace Ism.Protocol.Jobs;

/// <summary>Which ESM2 is tuned, and from which weights it starts.</summary>
public sealed record ModelOptions
{
    /// <summary>Folder of a Hugging Face EsmForMaskedLM model, or a fair-esm state dict in safetensors. Empty: random weights in
    /// the shape given below.</summary>
    public string From { get; init; } = "";

    /// <summary>Shape when <see cref="From"/> is empty: number of transformer layers.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>Shape when <see cref="From"/> is empty: width of the hidden states.</summary>
    public int Width { get; init; } = 320;

    /// <summary>Shape when <see cref="From"/> is empty: attention heads; must divide <see cref="Width"/>, with an even quotient.</summary>
    public int Heads { get; init; } = 20;
}
