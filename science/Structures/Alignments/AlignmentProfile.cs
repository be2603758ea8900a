namespace Ism.Structures.Alignments;

/// <summary>How columns of an alignment become probabilities.</summary>
public sealed record ProfileOptions
{
    /// <summary>What the substitution probabilities weigh beside the sequences, in effective sequences (beta of PSI-BLAST); 0: nothing.</summary>
    public double PseudoCounts { get; init; } = 10;

    /// <summary>Share of identical residues from which two sequences count as one (<see cref="SequenceWeights"/>).</summary>
    public double Identity { get; init; } = SequenceWeights.DefaultIdentity;
}

/// <summary>
/// Probabilities of the amino acids in each column: p_i(a) = (c_i(a) + beta g_i(a)) / (c_i + beta), with c_i(a) the sum of the weights of the
/// sequences that have a in column i, c_i their sum over a, f_i(a) = c_i(a) / c_i, and g_i(a) = sum over b of f_i(b) q(a|b), what is expected to
/// stand beside the residues seen (Altschul et al., Nucleic Acids Res. 25, 1997, equation 5, with the effective number of sequences for alpha).
/// Gaps and unknown residues say nothing: a column of few residues leans on the substitution probabilities.
/// </summary>
public sealed class AlignmentProfile
{
    private readonly double[] _values;

    private AlignmentProfile(double[] values, double sequences) => (_values, EffectiveSequences) = (values, sequences);

    /// <summary>Columns (L).</summary>
    public int Columns => _values.Length / Blosum62.Size;

    /// <summary>Sum of the sequences' weights.</summary>
    public double EffectiveSequences { get; }

    /// <summary>The 20 probabilities of a column, in the order of <see cref="AminoAcids.Letters"/>; all 0 where no sequence has a known residue.
    /// </summary>
    public ReadOnlySpan<double> Column(int column) => _values.AsSpan(column * Blosum62.Size, Blosum62.Size);

    /// <summary>The profile of an alignment.</summary>
    public static AlignmentProfile Of(SequenceAlignment alignment, ProfileOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.PseudoCounts);
        var weights = SequenceWeights.Of(alignment, options.Identity);
        var values = new double[alignment.Columns * Blosum62.Size];
        for (var s = 0; s < weights.Length; s++)
        {
            var row = alignment.Row(s);
            for (var i = 0; i < row.Length; i++)
            {
                if (row[i] < Blosum62.Size)
                {
                    values[(i * Blosum62.Size) + row[i]] += weights[s];
                }
            }
        }

        for (var i = 0; i < alignment.Columns; i++)
        {
            Normalise(values.AsSpan(i * Blosum62.Size, Blosum62.Size), options.PseudoCounts);
        }

        return new AlignmentProfile(values, weights.Sum());
    }

    private static void Normalise(Span<double> counts, double pseudoCounts)
    {
        var seen = 0.0;
        foreach (var count in counts)
        {
            seen += count;
        }

        if (seen == 0)
        {
            return;
        }

        Span<double> made = stackalloc double[Blosum62.Size];
        for (var a = 0; a < Blosum62.Size; a++)
        {
            var expected = 0.0;
            for (var b = 0; b < Blosum62.Size; b++)
            {
                expected += counts[b] / seen * Blosum62.Substitution(a, b);
            }

            made[a] = (counts[a] + (pseudoCounts * expected)) / (seen + pseudoCounts);
        }

        made.CopyTo(counts);
    }
}
