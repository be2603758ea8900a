using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Jobs;

/// <summary>A coordinator's API to the job: where do you stand? Answered by <see cref="JobStatus"/>.</summary>
[MessagePackObject]
public sealed record JobStatusRequest : IWireMessage;

/// <summary>Where a running job stands, as far as it is in the memory of whoever drives it; what happened before stands in the workspace's
/// events and metrics.</summary>
[MessagePackObject]
public sealed record JobStatus : IWireMessage
{
    /// <summary>How often the job was opened; more than once after a coordinator's death.</summary>
    [Key(0)]
    public int Incarnation { get; init; }

    /// <summary>A person has paused it.</summary>
    [Key(1)]
    public bool Paused { get; init; }

    /// <summary>The node that drives it.</summary>
    [Key(2)]
    public string DrivenBy { get; init; } = "";

    /// <summary>Stage of the training group; empty when nothing is trained.</summary>
    [Key(3)]
    public string Training { get; init; } = "";

    /// <summary>Number of the newest generation of the training group; 0 before the first.</summary>
    [Key(4)]
    public long Generation { get; init; }

    /// <summary>Its members by rank.</summary>
    [Key(5)]
    public string[] Members { get; init; } = [];

    /// <summary>Why the group waits for trainers; empty while it does not.</summary>
    [Key(6)]
    public string WaitsFor { get; init; } = "";

    /// <summary>Works of the featurizers that are open.</summary>
    [Key(7)]
    public WorkStatus[] Works { get; init; } = [];

    /// <summary>Trainers that are wanted.</summary>
    [Key(8)]
    public int Trainers { get; init; }

    /// <summary>Featurizers that are wanted.</summary>
    [Key(9)]
    public int Featurizers { get; init; }
}

/// <summary>Where one work of the featurizers stands.</summary>
[MessagePackObject]
public sealed record WorkStatus : IWireMessage
{
    /// <summary>Its id, unique in the job.</summary>
    [Key(0)]
    public required string WorkId { get; init; }

    /// <summary>Folder of its catalogue, relative to the workspace.</summary>
    [Key(1)]
    public required string Catalogue { get; init; }

    /// <summary>What is done with a chunk: embed, k-means, tokenise.</summary>
    [Key(2)]
    public required string Kind { get; init; }

    /// <summary>Chunks of the catalogue.</summary>
    [Key(3)]
    public required int Total { get; init; }

    /// <summary>Chunks whose result stands.</summary>
    [Key(4)]
    public required int Committed { get; init; }

    /// <summary>Chunks that a featurizer holds.</summary>
    [Key(5)]
    public required int Leased { get; init; }

    /// <summary>Structures used.</summary>
    [Key(6)]
    public required long Structures { get; init; }

    /// <summary>Structures refused, each with a reason.</summary>
    [Key(7)]
    public required long Quarantined { get; init; }

    /// <summary>Residues done.</summary>
    [Key(8)]
    public required long Residues { get; init; }
}

/// <summary>A coordinator's API to the job: which chunks of a work are where? Answered by <see cref="ChunkMap"/>.</summary>
/// <param name="WorkId">The work.</param>
[MessagePackObject]
public sealed record ChunkMapRequest([property: Key(0)] string WorkId) : IWireMessage;

/// <summary>Every chunk of a work.</summary>
[MessagePackObject]
public sealed record ChunkMap : IWireMessage
{
    /// <summary>The work; empty when it is not open.</summary>
    [Key(0)]
    public required string WorkId { get; init; }

    /// <summary>One <see cref="ChunkState"/> for each chunk, in the catalogue's order.</summary>
    [Key(1)]
    public required byte[] States { get; init; }

    /// <summary>Addresses of nodes that hold chunks.</summary>
    [Key(2)]
    public required string[] Nodes { get; init; }

    /// <summary>Chunks held, as many as <see cref="HeldBy"/>.</summary>
    [Key(3)]
    public required int[] Held { get; init; }

    /// <summary>For each of <see cref="Held"/> the index in <see cref="Nodes"/>.</summary>
    [Key(4)]
    public required int[] HeldBy { get; init; }
}

/// <summary>Where a chunk stands in a work.</summary>
public enum ChunkState : byte
{
    /// <summary>Not begun.</summary>
    Waiting = 0,

    /// <summary>A featurizer holds it.</summary>
    Leased = 1,

    /// <summary>Its result stands.</summary>
    Committed = 2,

    /// <summary>It failed and is tried again.</summary>
    Failing = 3,
}
