namespace Ism.Models.StructureTuning;

/// <summary>
/// One sequence as the model sees it, with what it is to predict. All arrays have the same length, &lt;cls&gt; and &lt;eos&gt;
/// included; a negative label means that nothing is predicted there.
/// </summary>
public sealed record LabelledSequence
{
    /// <summary>The label that stands for "nothing".</summary>
    public const int Ignore = -100;

    /// <summary>Masked token ids, starting with &lt;cls&gt; and ending with &lt;eos&gt;.</summary>
    public required int[] Ids { get; init; }

    /// <summary>The same before masking.</summary>
    public required int[] OriginalIds { get; init; }

    /// <summary>The original id where it is to be predicted.</summary>
    public required int[] MaskedLabels { get; init; }

    /// <summary>Per head the structure token of every residue; excluded ones may still be in there.</summary>
    public required IReadOnlyList<int[]> Tokens { get; init; }

    /// <summary>The encoder's embedding of every residue (none for &lt;cls&gt; and &lt;eos&gt;), [residues x channels] row by row; empty
    /// where no head regresses it.</summary>
    public Half[] Features { get; init; } = [];

    /// <summary>Number of residues.</summary>
    public int Residues => Ids.Length - 2;

    /// <summary>Checks lengths and ranges.</summary>
    /// <exception cref="ArgumentException">They contradict each other; the message says which.</exception>
    public LabelledSequence Checked(IReadOnlyList<TunedHead> heads)
    {
        if (Ids.Length < 2 || OriginalIds.Length != Ids.Length || MaskedLabels.Length != Ids.Length
            || Tokens.Count != heads.Count)
        {
            throw new ArgumentException(
                $"a sequence of {Ids.Length} ids has {OriginalIds.Length} original ids, {MaskedLabels.Length} labels and {Tokens.Count} "
                + $"token sequences; lengths must agree, and there are {heads.Count} structure heads");
        }

        for (var head = 0; head < heads.Count; head++)
        {
            if (Tokens[head].Length != Ids.Length)
            {
                throw new ArgumentException(
                    $"{Tokens[head].Length} tokens of {heads[head].Name} for a sequence of {Ids.Length} ids");
            }

            if (Tokens[head].Max() is var largest && largest >= heads[head].Clusters)
            {
                throw new ArgumentException(
                    $"token {largest} of {heads[head].Name}, which has {heads[head].Clusters} clusters: the tokens come from "
                    + "another codebook than the head was made for");
            }

            if (heads[head].Features is { } scale && Features.Length != (long)Residues * scale.Width)
            {
                throw new ArgumentException(
                    $"{Features.Length} features for {Residues} residues; {heads[head].Name} has {scale.Width} channels a residue");
            }
        }

        return this;
    }
}
