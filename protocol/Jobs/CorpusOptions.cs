namespace Ism.Protocol.Jobs;

/// <summary>Where structures come from and which are used.</summary>
public sealed record CorpusOptions
{
    /// <summary>Folders, .tar, .tar.gz, foldcomp databases, lists (.txt, .list: one path a line), s3://bucket/prefix or single files to tokenise
    /// and train on.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>The same for structures that are only evaluated on. May be empty.</summary>
    public IReadOnlyList<string> Heldout { get; init; } = [];

    /// <summary>Structures a chunk: the unit of leases, token files and shuffling.</summary>
    public int ChunkSize { get; init; } = 256;

    /// <summary>Chains with fewer residues are left out (and said so).</summary>
    public int MinLength { get; init; } = 20;

    /// <summary>Chains with more residues are left out: a bound on the work one structure can cause.</summary>
    public int MaxLength { get; init; } = 5000;

    /// <summary>Structures whose file, as it is stored, is larger are refused (TooLarge), in MB (2^20 bytes).</summary>
    public int MaxFileMegabytes { get; init; } = 512;

    /// <summary>Structures that are larger after decompression are refused (TooLarge), in MB: a bound on what a hostile file can cause.
    /// </summary>
    public int MaxContentMegabytes { get; init; } = 1024;

    /// <summary>Structures with more heavy atoms in their first model, all alternate locations counted and waters not, are refused
    /// (TooLarge).</summary>
    public int MaxStructureAtoms { get; init; } = 5_000_000;

    /// <summary>Seconds that one structure may take. One that takes longer is tried again alone, for as long, and then refused
    /// (TimedOut). 0: no limit.</summary>
    public double StructureSeconds { get; init; } = 120;

    /// <summary>Managed memory of the process that tries a structure alone, in MB; 0: no limit. Needing more refuses it (Crashed).
    /// </summary>
    public int StructureMegabytes { get; init; } = 4096;

    /// <summary>Radius of a microenvironment around the C-alpha, in Å.</summary>
    public double Radius { get; init; } = 10;

    /// <summary>Atoms kept in a microenvironment, the nearest first.</summary>
    public int MaxAtoms { get; init; } = 512;

    /// <summary>Samples are shuffled within this many chunks of the epoch's order.</summary>
    public int WindowChunks { get; init; } = 16;
}
