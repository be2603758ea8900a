using MessagePack;

namespace Ism.Protocol.Chunks;

/// <summary>What is done with a chunk.</summary>
public enum WorkKind : byte
{
    /// <summary>Embed drawn residues with the encoder, for the codebook.</summary>
    Embed = 1,

    /// <summary>One k-means pass: assign the chunk's embeddings to centroids and sum them.</summary>
    Cluster = 2,

    /// <summary>A structure token for every residue.</summary>
    Tokenise = 3,

    /// <summary>The profile of every chain that has an alignment, for MutRank.</summary>
    Profile = 4,
}

/// <summary>One kind of work over all chunks of a catalogue. Paths are relative to the workspace.</summary>
[MessagePackObject]
public sealed record ChunkWork
{
    /// <summary>Names the work within the job, e.g. "tokenise-corpus" or "kmeans-003"; part of the ledger's identity.</summary>
    [Key(0)]
    public required string WorkId { get; init; }

    [Key(1)]
    public required WorkKind Kind { get; init; }

    /// <summary>Folder name of the catalogue.</summary>
    [Key(2)]
    public required string Catalogue { get; init; }

    /// <summary>Folder into which each chunk's result file is written.</summary>
    [Key(3)]
    public required string Output { get; init; }

    /// <summary>Folder of the encoder; needed to embed and to tokenise.</summary>
    [Key(4)]
    public string Encoder { get; init; } = "";

    /// <summary>Codebook folder (tokenise) or the file of the current centroids (cluster).</summary>
    [Key(5)]
    public string Codebook { get; init; } = "";

    /// <summary>Folder of the embeddings that a k-means pass reads.</summary>
    [Key(6)]
    public string Embeddings { get; init; } = "";

    /// <summary>Residues drawn per structure when embedding; 0 takes all.</summary>
    [Key(7)]
    public int ResiduesPerStructure { get; init; }

    /// <summary>Seed of the draws.</summary>
    [Key(8)]
    public long Seed { get; init; }

    /// <summary>Further teachers whose tokens become columns of the token files (tokenise).</summary>
    [Key(9)]
    public ChunkTeacher[] Teachers { get; init; } = [];

    /// <summary>The token files keep the encoder's embedding of every residue as well (tokenise).</summary>
    [Key(10)]
    public bool Features { get; init; }

    /// <summary>Further encoders with their codebooks, whose tokens become columns behind the first one's (tokenise).</summary>
    [Key(11)]
    public ChunkEncoder[] Encoders { get; init; } = [];
}

/// <summary>A further encoder with the codebook made with it.</summary>
/// <param name="Name">Of the token sequence.</param>
/// <param name="Encoder">Folder of the encoder.</param>
/// <param name="Codebook">Folder of the codebook.</param>
[MessagePackObject]
public sealed record ChunkEncoder([property: Key(0)] string Name, [property: Key(1)] string Encoder, [property: Key(2)] string Codebook);

/// <summary>Tokens of a further teacher, already sorted by chunk.</summary>
/// <param name="Name">Of the token sequence.</param>
/// <param name="Folder">Folder with one file a chunk, below the workspace.</param>
[MessagePackObject]
public sealed record ChunkTeacher([property: Key(0)] string Name, [property: Key(1)] string Folder);
