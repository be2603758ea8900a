namespace Ism.Structures;

/// <summary>Why a structure cannot be used. The names are written to quarantine lists.</summary>
public enum RefusalReason
{
    /// <summary>Zero bytes, or blanks alone.</summary>
    Empty,

    /// <summary>The content is of no structure format.</summary>
    NotAStructure,

    /// <summary>A structure or compression format that is known but not read (MMTF, bzip2, ...).</summary>
    UnsupportedFormat,

    /// <summary>The content ends in the middle of a record or of a compressed stream.</summary>
    Truncated,

    /// <summary>A field does not hold what its format says, or a compressed stream is corrupt.</summary>
    Damaged,

    /// <summary>A structure file without any atom of its first model.</summary>
    NoAtoms,

    /// <summary>No residue of a protein chain.</summary>
    NoProtein,

    /// <summary>Only C-alpha atoms.</summary>
    CAlphaOnly,

    /// <summary>Side chains or backbones are almost wholly missing.</summary>
    NoSideChains,

    /// <summary>Most residues are unknown (UNK).</summary>
    UnknownSequence,

    /// <summary>Every chain is shorter than the limit.</summary>
    TooShort,

    /// <summary>Every chain is longer than the limit.</summary>
    TooLong,

    /// <summary>More bytes or atoms than the limits allow.</summary>
    TooLarge,

    /// <summary>The file could not be read at all.</summary>
    Unreadable,

    /// <summary>Working on it ended the process, or failed in a way that no rule of reading foresees.</summary>
    Crashed,

    /// <summary>Working on it alone took longer than the limit.</summary>
    TimedOut,
}

/// <summary>A structure file that cannot be used; it ends in quarantine with this reason.</summary>
/// <param name="reason">Why, for programs.</param>
/// <param name="file">Which file.</param>
/// <param name="line">1-based line of the decompressed content, or 0 where no line is to blame.</param>
/// <param name="detail">Why, for people.</param>
/// <param name="inner">The cause, if another exception was.</param>
public sealed class StructureRefusedException(RefusalReason reason, string file, int line, string detail, Exception? inner = null)
    : Exception(line > 0 ? $"{file}:{line}: {detail} ({reason})" : $"{file}: {detail} ({reason})", inner)
{
    /// <summary>Why, for programs.</summary>
    public RefusalReason Reason { get; } = reason;

    /// <summary>Whether the storage refused the bytes: then the structure may be sound, and trying again may help.</summary>
    public bool IsAccess => InnerException is StructureAccessException;

    /// <summary>Which file.</summary>
    public string File { get; } = file;

    /// <summary>1-based line of the decompressed content, or 0.</summary>
    public int Line { get; } = line;

    /// <summary>Why, for people, without file and line.</summary>
    public string Detail { get; } = detail;
}
