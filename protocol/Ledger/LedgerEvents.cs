using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Ledger;

/// <summary>What the ledger of one chunk work keeps. An event is never changed once released; a new shape gets a new manifest.</summary>
public interface ILedgerEvent : IWireMessage;

/// <summary>
/// A ledger was opened by a coordinator. Lease epochs are <c>Incarnation * 2^32 + n</c>, so that an epoch given before a crash is
/// always lower than one given after it, without an event for each lease.
/// </summary>
[MessagePackObject]
public sealed record LedgerOpened([property: Key(0)] int Incarnation) : ILedgerEvent;

/// <summary>The result of a chunk stands; every structure of the chunk is either in <see cref="Structures"/> or in
/// <see cref="Quarantined"/>.</summary>
[MessagePackObject]
public sealed record ChunkCommitted : ILedgerEvent
{
    [Key(0)]
    public required int Chunk { get; init; }

    [Key(1)]
    public required long LeaseEpoch { get; init; }

    [Key(2)]
    public required string Sha256 { get; init; }

    [Key(3)]
    public required int Structures { get; init; }

    [Key(4)]
    public required int Quarantined { get; init; }

    [Key(5)]
    public required long Residues { get; init; }

    /// <summary>Size of the result file; 0 in events of versions that did not keep it.</summary>
    [Key(6)]
    public long Bytes { get; init; }
}
