namespace Ism.Models.Esm2;

/// <summary>
/// What a training step spends on one sequence, so that samples can be shared out by cost: multiplications of the matrix products that the
/// model asks for, which are those of the layers' 12 D² weights and of the heads for each token, and 2 D for each pair of tokens and layer
/// in attention. Whole numbers, so that every rank finds the same.
/// </summary>
/// <param name="Linear">Of a token.</param>
/// <param name="Quadratic">Of a pair of tokens.</param>
public readonly record struct SequenceCost(long Linear, long Quadratic)
{
    // <cls> and <eos>.
    private const int Ends = 2;

    /// <summary>Of structure-tuning.</summary>
    /// <param name="shape">The language model.</param>
    /// <param name="clusters">Structure tokens of the head.</param>
    /// <param name="maskFraction">Share of residues at which the language head is computed.</param>
    public static SequenceCost OfTuning(Esm2Config shape, int clusters, double maskFraction)
    {
        long width = shape.Width, layers = shape.Layers;
        var layer = (4 * width * width) + (2 * width * shape.FeedForward);
        var language = (long)(maskFraction * width * (width + shape.VocabularySize));
        return new((layers * layer) + (width * clusters) + language, 2 * width * layers);
    }

    /// <summary>Of a sequence of so many residues; 0 of an empty one.</summary>
    public long Of(int residues)
    {
        long tokens = residues + Ends;
        return residues == 0 ? 0 : tokens * (Linear + (tokens * Quadratic));
    }
}
