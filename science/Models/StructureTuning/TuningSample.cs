namespace Ism.Models.StructureTuning;

/// <summary>One protein of a global batch, already cropped: its sequence and what its structure says of every residue.</summary>
public sealed record TuningSample
{
    /// <summary>A residue without a structure token (its C-alpha is missing).</summary>
    public const short NoToken = -1;

    /// <summary>The structure's name, for messages.</summary>
    public required string Id { get; init; }

    /// <summary>One upper-case letter a residue. A letter that ESM2 does not know is read as X.</summary>
    public required string Residues { get; init; }

    /// <summary>Per structure head one sequence of tokens as long as <see cref="Residues"/>; negative: no token.</summary>
    public required IReadOnlyList<short[]> Tokens { get; init; }

    /// <summary>The encoder's embedding of every residue, [residues x channels] row by row; empty where no head regresses it.</summary>
    public Half[] Features { get; init; } = [];

    /// <summary>Every draw of this visit (here: the masking) follows from this key.</summary>
    public required ulong DrawKey { get; init; }

    /// <summary>Index of the first residue in the whole chain, for messages.</summary>
    public int CropStart { get; init; }
}
