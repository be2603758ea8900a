namespace Ism.Evaluation.Splits;

/// <summary>Two similar sequences.</summary>
/// <param name="A">Index of the first; below the second's.</param>
/// <param name="B">Index of the second.</param>
/// <param name="Identity">Share of identical columns of their local alignment.</param>
/// <param name="Coverage">Aligned columns as a share of the shorter sequence, at most 1.</param>
public readonly record struct SimilarPair(int A, int B, double Identity, double Coverage);

/// <summary>How similar sequences are looked for.</summary>
public sealed record NeighbourOptions
{
    /// <summary>Alignments that cover less of the shorter sequence do not count.</summary>
    public double MinCoverage { get; init; } = 0.5;

    /// <summary>Alignments expected by chance more often than this do not count (Karlin and Altschul 1990).</summary>
    public double MaxExpectation { get; init; } = 1e-3;
}

/// <summary>
/// Finds the pairs of similar sequences in a set: words of three residues that two sequences share on neighbouring diagonals point to
/// where they may align; there they are aligned within a band. Not exhaustive: remote pairs without such words are missed, as by any
/// program of this kind. Time grows with the square of the number of sequences; for more than some ten thousand give a file of clusters
/// of a program made for that (MMseqs2).
/// </summary>
public static class SequenceNeighbours
{
    private const int Word = 3, Letters = 21, Band = 16, HalfWidth = 32;

    // Gapped BLOSUM62, 11/1.
    private const double Lambda = 0.267, K = 0.041;

    // Words on two neighbouring bands of diagonals: fewer are met by chance too often.
    private const int WordsNeeded = 3;

    /// <summary>All pairs found, in no particular order of identity; ordered by B, then A.</summary>
    public static List<SimilarPair> Find(IReadOnlyList<string> sequences, NeighbourOptions? options = null)
    {
        options ??= new();
        var encoded = sequences.Select(BandedAlignment.Encode).ToArray();
        var residues = encoded.Sum(sequence => (double)sequence.Length);
        var postings = new List<(int Sequence, int Position)>[Letters * Letters * Letters];
        var alignment = new BandedAlignment();
        var pairs = new List<SimilarPair>();
        for (var b = 0; b < encoded.Length; b++)
        {
            foreach (var (a, diagonal) in Candidates(encoded, postings, b))
            {
                var found = alignment.Align(encoded[a], encoded[b], diagonal, HalfWidth);
                var expected = K * encoded[b].Length * residues * Math.Exp(-Lambda * found.Score);
                var coverage = Math.Min(1, (double)found.Columns / Math.Min(encoded[a].Length, encoded[b].Length));
                if (expected <= options.MaxExpectation && coverage >= options.MinCoverage)
                {
                    pairs.Add(new SimilarPair(a, b, found.Identity, coverage));
                }
            }

            Add(encoded[b], postings, b);
        }

        return pairs;
    }

    // Earlier sequences, each with the diagonal around which it shares most words.
    private static List<(int Sequence, int Diagonal)> Candidates(
        byte[][] encoded, List<(int Sequence, int Position)>[] postings, int query)
    {
        var hits = new List<long>();
        var sequence = encoded[query];
        for (var position = 0; position + Word <= sequence.Length; position++)
        {
            foreach (var (other, place) in postings[Index(sequence, position)] ?? [])
            {
                // Shifted, so that no band is negative.
                hits.Add(((long)other << 32) | (uint)((position - place + encoded[other].Length) / Band));
            }
        }

        hits.Sort();
        var candidates = new List<(int, int)>();
        var (current, best, bestBand) = (-1, 0, 0);
        var (band, count, previous, previousBand) = (-2, 0, 0, -2);
        foreach (var hit in hits.Append(long.MaxValue))
        {
            var (other, at) = ((int)(hit >> 32), (int)hit);
            if (other != current || at != band)
            {
                var together = count + (previousBand == band - 1 ? previous : 0);
                (best, bestBand) = together > best ? (together, band) : (best, bestBand);
                (previous, previousBand, count, band) = other == current ? (count, band, 0, at) : (0, -2, 0, at);
            }

            if (other != current)
            {
                if (current >= 0 && best >= WordsNeeded)
                {
                    candidates.Add((current, (bestBand * Band) - encoded[current].Length));
                }

                (current, best, bestBand) = (other, 0, 0);
            }

            count++;
        }

        return candidates;
    }

    private static void Add(byte[] sequence, List<(int Sequence, int Position)>[] postings, int number)
    {
        for (var position = 0; position + Word <= sequence.Length; position++)
        {
            (postings[Index(sequence, position)] ??= []).Add((number, position));
        }
    }

    private static int Index(byte[] sequence, int position) =>
        (((sequence[position] * Letters) + sequence[position + 1]) * Letters) + sequence[position + 2];
}
