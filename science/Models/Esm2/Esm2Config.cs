namespace Ism.Models.Esm2;

/// <summary>
/// The shape and the fixed choices of an ESM2 (Lin et al. 2023): a pre-LayerNorm transformer encoder with rotary positions and a
/// masked language head tied to the embedding matrix.
/// </summary>
/// <param name="Layers">Number of transformer layers.</param>
/// <param name="Width">Width of the hidden states.</param>
/// <param name="Heads">Attention heads; divides <paramref name="Width"/>.</param>
public sealed record Esm2Config(int Layers, int Width, int Heads)
{
    /// <summary>Size of the vocabulary.</summary>
    public int VocabularySize { get; init; } = Esm2Alphabet.Size;

    /// <summary>Width of the feed-forward layer; four times <see cref="Width"/> unless given.</summary>
    public int FeedForward
    {
        get => field > 0 ? field : 4 * Width;
        init;
    }

    /// <summary>Mask embeddings are zeroed and every row is rescaled by the share of masks (also without any mask).</summary>
    public bool TokenDropout { get; init; } = true;

    /// <summary>Epsilon of every LayerNorm.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Width of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Number of trained parameters; the contact head is not trained and the tied matrix counts once.</summary>
    public long ParameterCount => Esm2Parameters.Trained(this).Sum(spec => spec.Elements);

    /// <summary>Checks that the sizes fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which.</exception>
    public Esm2Config Validated()
    {
        if (Layers < 1 || Width < 1 || Heads < 1)
        {
            throw new ArgumentException($"an ESM2 needs at least one layer, width and head; given {this}");
        }

        if (Width % Heads != 0 || HeadWidth % 2 != 0)
        {
            throw new ArgumentException(
                $"width {Width} over {Heads} heads gives head width {Width / (double)Heads}; rotary positions need an even one");
        }

        return VocabularySize == Esm2Alphabet.Size
            ? this
            : throw new ArgumentException($"vocabulary size {VocabularySize}; ESM2 has {Esm2Alphabet.Size}");
    }
}
