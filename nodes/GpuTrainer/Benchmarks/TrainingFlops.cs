using Ism.Models.Esm2;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>
/// Useful floating point operations of a step of structure-tuning: those of the matrix products that the model asks for, each forward
/// once and backward twice, for tokens alone (no padding, nothing computed again). A layer has 12 D^2 weights in matrices (attention
/// 4 D^2, feed-forward 8 D^2), so 6 * 12 D^2 a token; attention within a sequence of L tokens is 2 products of 2 L^2 D, so 12 L^2 D.
/// Heads count at predicted positions only: 6 D K a residue, and 6 (D^2 + 33 D) a masked one.
/// </summary>
public static class TrainingFlops
{
    /// <summary>Of one step over sequences of these lengths (&lt;cls&gt; and &lt;eos&gt; counted).</summary>
    /// <param name="shape">The model.</param>
    /// <param name="lengths">Tokens of each sequence.</param>
    /// <param name="clusters">Structure tokens of the one head.</param>
    /// <param name="masked">Residues with a masked language target.</param>
    public static double OfStep(Esm2Config shape, IReadOnlyList<int> lengths, int clusters, long masked)
    {
        double width = shape.Width, tokens = lengths.Sum(length => (double)length);
        var matrices = shape.Layers * ((4 * width * width) + (2 * width * shape.FeedForward));
        var attention = 12 * width * shape.Layers * lengths.Sum(length => (double)length * length);
        var heads = (6 * width * clusters * (tokens - (2 * lengths.Count)))
            + (6 * masked * ((width * width) + (width * shape.VocabularySize)));
        return (6 * matrices * tokens) + attention + heads;
    }
}
