namespace Ism.Structures.Synthesis;

/// <summary>What a residue of a generated chain is part of.</summary>
public enum SecondaryState : byte
{
    /// <summary>An ordered connection between helices and strands.</summary>
    Loop,

    /// <summary>An alpha helix.</summary>
    Helix,

    /// <summary>A beta strand.</summary>
    Strand,

    /// <summary>An unfolded end of a predicted model.</summary>
    Disordered,
}
