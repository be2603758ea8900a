namespace Ism.Structures.Synthesis;

/// <summary>What kind of proteins are generated. Checked when first used.</summary>
public sealed record SynthesisOptions
{
    /// <summary>Fewest residues of the folded part of a chain.</summary>
    public int MinLength { get; init; } = 60;

    /// <summary>Most residues of the folded part of a chain.</summary>
    public int MaxLength { get; init; } = 200;

    /// <summary>
    /// True: predicted models named like those of AlphaFold DB, with pLDDT in the B-factor column and some disordered ends.
    /// False: experimental entries with B-factors and no disorder.
    /// </summary>
    public bool Predicted { get; init; } = true;

    /// <summary>Share of predicted models with a disordered end.</summary>
    public double DisorderedShare { get; init; } = 0.4;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; says which and what to change.</exception>
    internal void Check()
    {
        if (MinLength < 20 || MaxLength < MinLength || MaxLength > 1000)
        {
            throw new ArgumentException(
                $"lengths {MinLength} to {MaxLength} cannot be generated; use at least 20, at most 1000, the smaller one first");
        }

        if (DisorderedShare is not (>= 0 and <= 1))
        {
            throw new ArgumentException($"a disordered share of {DisorderedShare} is not between 0 and 1");
        }
    }
}
