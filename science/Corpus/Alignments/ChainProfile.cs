namespace Ism.Corpus.Alignments;

/// <summary>What the alignments say of one chain: for each residue the probabilities of the amino acids in its column, or why there are none.
/// </summary>
/// <param name="Chain">The chain's id.</param>
/// <param name="Length">Its residues (L).</param>
/// <param name="Values">[L x 20] probabilities in the order of <see cref="Structures.AminoAcids.Letters"/>, all 0 for a residue without column; empty
/// where the chain has no profile.</param>
/// <param name="Sequences">Sequences of the alignment that were used.</param>
/// <param name="EffectiveSequences">Sum of their weights.</param>
/// <param name="Problem">Why there is no profile; empty where there is one or no file.</param>
public sealed record ChainProfile(string Chain, int Length, float[] Values, int Sequences, double EffectiveSequences, string Problem)
{
    /// <summary>Probabilities of a column.</summary>
    public const int Width = 20;

    /// <summary>Whether the alignments of any residue are known.</summary>
    public bool IsKnown => Values.Length > 0;

    /// <summary>The probabilities of a residue; all 0 where its column is not known.</summary>
    public ReadOnlySpan<float> Column(int residue) => Values.AsSpan(residue * Width, Width);

    /// <summary>Residues whose column is known, ascending.</summary>
    public int[] KnownResidues() => IsKnown
        ? [.. Enumerable.Range(0, Length).Where(residue => Column(residue).ContainsAnyExcept(0f))]
        : [];
}
