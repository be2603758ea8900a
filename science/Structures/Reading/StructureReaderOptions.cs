namespace Ism.Structures;

/// <summary>Limits of reading and which chains are used. Chains left out stay in the surroundings of the others.</summary>
public sealed record StructureReaderOptions
{
    /// <summary>Defaults.</summary>
    public static StructureReaderOptions Default { get; } = new();

    /// <summary>Chains with fewer residues (that have a C-alpha) are left out.</summary>
    public int MinLength { get; init; } = 20;

    /// <summary>Chains with more residues are left out.</summary>
    public int MaxLength { get; init; } = 5000;

    /// <summary>Bytes of a file, compressed or not, at most.</summary>
    public long MaxFileBytes { get; init; } = 512L << 20;

    /// <summary>Bytes after decompression at most: a bound on what a hostile archive can cause.</summary>
    public long MaxContentBytes { get; init; } = 1L << 30;

    /// <summary>Heavy atoms of the first model at most, all alternate locations counted and waters not.</summary>
    public int MaxAtoms { get; init; } = 5_000_000;

    /// <summary>A chain needs this share of the side-chain atoms beyond C-beta that its sequence calls for.</summary>
    public double MinSideChainShare { get; init; } = 0.25;

    /// <summary>A chain whose share of unknown residues (X) is higher is left out.</summary>
    public double MaxUnknownShare { get; init; } = 0.5;

    /// <summary>Whether <see cref="AtomTable.Names"/> is filled, which labels from structures need and microenvironments do not.</summary>
    public bool KeepAtomNames { get; init; }
}
