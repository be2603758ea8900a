using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Chunks;

/// <summary>
/// Ledger to a featurizer's lease holder: do this work under this lease. Sent again until it is accepted; a holder that already has it
/// only answers again. A result counts only under the lease epoch that the ledger holds for the chunk (fencing).
/// </summary>
[MessagePackObject]
public sealed record LeaseChunk(
    [property: Key(0)] ChunkKey Key,
    [property: Key(1)] ChunkWork Work,
    [property: Key(2)] long LeaseEpoch,
    [property: Key(3)] double LeaseSeconds) : IWireMessage
{
    /// <summary>The span of the lease in the W3C form of traceparent; empty when nobody traces.</summary>
    [Key(4)]
    public string Trace { get; init; } = "";
}

/// <summary>Holder to ledger: the lease is taken by the node at this address.</summary>
[MessagePackObject]
public sealed record ChunkAccepted(
    [property: Key(0)] string WorkId,
    [property: Key(1)] int Chunk,
    [property: Key(2)] long LeaseEpoch,
    [property: Key(3)] string Node) : IWireMessage;

/// <summary>Holder to ledger: still at it; renews the lease.</summary>
[MessagePackObject]
public sealed record ChunkProgress(
    [property: Key(0)] string WorkId,
    [property: Key(1)] int Chunk,
    [property: Key(2)] long LeaseEpoch,
    [property: Key(3)] int StructuresDone) : IWireMessage;

/// <summary>Holder to ledger: the result file stands under its final name.</summary>
[MessagePackObject]
public sealed record ChunkFinished : IWireMessage
{
    [Key(0)]
    public required string WorkId { get; init; }

    [Key(1)]
    public required int Chunk { get; init; }

    [Key(2)]
    public required long LeaseEpoch { get; init; }

    /// <summary>SHA-256 of the result file, lower-case hex.</summary>
    [Key(3)]
    public required string Sha256 { get; init; }

    /// <summary>Structures used; with <see cref="Quarantined"/> it adds up to the chunk's structures.</summary>
    [Key(4)]
    public required int Structures { get; init; }

    /// <summary>Structures refused; the result file holds each with its reason.</summary>
    [Key(5)]
    public required int Quarantined { get; init; }

    [Key(6)]
    public required long Residues { get; init; }

    /// <summary>Seconds of work, for throughput.</summary>
    [Key(7)]
    public required double Seconds { get; init; }

    /// <summary>Size of the result file; 0 where the sender does not tell.</summary>
    [Key(8)]
    public long Bytes { get; init; }

    /// <summary>Reasons of <see cref="Quarantined"/>, each once; empty where the sender does not tell.</summary>
    [Key(9)]
    public string[] Reasons { get; init; } = [];

    /// <summary>How many structures each of <see cref="Reasons"/> concerns.</summary>
    [Key(10)]
    public int[] ReasonCounts { get; init; } = [];
}

/// <summary>Holder to ledger: the work failed for a reason that is not one structure's (disk, missing encoder, a defect).</summary>
[MessagePackObject]
public sealed record ChunkFailed(
    [property: Key(0)] string WorkId,
    [property: Key(1)] int Chunk,
    [property: Key(2)] long LeaseEpoch,
    [property: Key(3)] string Reason) : IWireMessage
{
    /// <summary>The storage refused (full, away, not readable): worth trying for longer than what looks like a defect.</summary>
    [Key(4)]
    public bool Storage { get; init; }
}

/// <summary>Holder to ledger: the holder ends with this work undone (its node leaves); it is to be leased again, elsewhere.</summary>
[MessagePackObject]
public sealed record ChunkReleased(
    [property: Key(0)] string WorkId,
    [property: Key(1)] int Chunk,
    [property: Key(2)] long LeaseEpoch) : IWireMessage;

/// <summary>Entity to the job: the token file that it was asked to serve cannot be read. The ledger looks for itself.</summary>
/// <param name="Key">The chunk.</param>
/// <param name="Output">Folder of the token file below the workspace.</param>
/// <param name="Reason">What reading it said.</param>
[MessagePackObject]
public sealed record ChunkDamaged(
    [property: Key(0)] ChunkKey Key,
    [property: Key(1)] string Output,
    [property: Key(2)] string Reason) : IWireMessage;

/// <summary>Ledger to holder: the end of a lease, committed or refused; the holder need not report again.</summary>
[MessagePackObject]
public sealed record ChunkSettled(
    [property: Key(0)] ChunkKey Key,
    [property: Key(1)] string WorkId,
    [property: Key(2)] long LeaseEpoch,
    [property: Key(3)] bool Committed) : IWireMessage;

/// <summary>Ledger to holder: what is at hand of this work? Asked until answered before a node is given its first lease, and again after a
/// lease that it was silent about.</summary>
/// <param name="WorkId">The work.</param>
/// <param name="Node">The node's address, as the ledger knows it.</param>
[MessagePackObject]
public sealed record HeldChunksRequest([property: Key(0)] string WorkId, [property: Key(1)] string Node) : IWireMessage;

/// <summary>Holder to ledger: the chunks of a work that are under way or done here under leases that are not settled. A ledger that was
/// opened anew, and does not know them, leases them to this node again.</summary>
/// <param name="WorkId">The work asked about.</param>
/// <param name="Node">The node's address, as the ledger asked.</param>
/// <param name="Chunks">Indices of chunks.</param>
[MessagePackObject]
public sealed record HeldChunks(
    [property: Key(0)] string WorkId, [property: Key(1)] string Node, [property: Key(2)] int[] Chunks) : IWireMessage;
