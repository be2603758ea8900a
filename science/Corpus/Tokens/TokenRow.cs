namespace Ism.Corpus;

/// <summary>One protein chain with its structure tokens: a row of a token file.</summary>
public sealed record TokenRow
{
    /// <summary>In a token sequence: a residue without a token (no C-alpha, so no microenvironment).</summary>
    public const ushort NoToken = ushort.MaxValue;

    /// <summary>The structure's position in the catalogue.</summary>
    public required long Position { get; init; }

    /// <summary>The structure's name.</summary>
    public required string Name { get; init; }

    /// <summary>The chain's name in its file; may be empty.</summary>
    public required string Chain { get; init; }

    /// <summary>One letter a residue, ASCII.</summary>
    public required string Sequence { get; init; }

    /// <summary>One token sequence per teacher, in the order of <see cref="TokenFileHeader.Teachers"/>; each as long as the
    /// sequence.</summary>
    public required IReadOnlyList<ushort[]> Tokens { get; init; }

    /// <summary>The encoder's embedding of every residue, [residues x <see cref="TokenFileHeader.FeatureWidth"/>] row by row, rounded to float16;
    /// empty in a file without features.</summary>
    public Half[] Features { get; init; } = [];

    /// <summary>pLDDT per residue, 0..100; null when unknown (experimental structures).</summary>
    public byte[]? Plddt { get; init; }

    /// <summary>What was decided while reading (alternate locations, modified residues, ...); may be empty.</summary>
    public string Notes { get; init; } = "";
}

/// <summary>A structure that could not be used, and why.</summary>
/// <param name="Position">Position in the catalogue.</param>
/// <param name="Name">The structure's name.</param>
/// <param name="Reason">Short and countable, e.g. "no-protein".</param>
/// <param name="Message">For a person: file, line, values.</param>
public sealed record QuarantinedStructure(long Position, string Name, string Reason, string Message);

/// <summary>What a token file belongs to; kept in the Arrow schema's metadata.</summary>
/// <param name="CatalogueId">Id of the catalogue.</param>
/// <param name="Chunk">Number of the chunk.</param>
/// <param name="Positions">The chunk's positions: the file accounts for each of them.</param>
/// <param name="CodebookHash">Hash of encoder and codebook that made the tokens.</param>
/// <param name="Version">Version of the program that wrote the file.</param>
/// <param name="Teachers">Names of the token sequences; columns <c>tokens.&lt;name&gt;</c>.</param>
public sealed record TokenFileHeader(string CatalogueId, int Chunk, PositionRange Positions, string CodebookHash, string Version,
    IReadOnlyList<string> Teachers)
{
    /// <summary>Channels of the encoder's embedding that the file holds of every residue; 0: it holds none.</summary>
    public int FeatureWidth { get; init; }
}

/// <summary>What a written token file holds.</summary>
/// <param name="Sha256">Of the file's bytes, 64 hexadecimal digits.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Structures">Positions with at least one chain.</param>
/// <param name="Chains">Rows.</param>
/// <param name="Residues">Sum of the chains' lengths.</param>
/// <param name="Quarantined">Positions that could not be used.</param>
public sealed record TokenFileSummary(string Sha256, long Bytes, int Structures, int Chains, long Residues, int Quarantined);
