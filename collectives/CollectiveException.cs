namespace Ism.Collectives;

/// <summary>Why a collective operation ended.</summary>
public enum CollectiveFailure
{
    /// <summary>A peer moved nothing for the whole deadline.</summary>
    Deadline,

    /// <summary>A peer's connection closed or broke.</summary>
    PeerLost,

    /// <summary>A member called <see cref="ICollectiveGroup.Abort"/>, or failed first and told the others.</summary>
    Aborted,

    /// <summary>Ranks called different operations, or the same one with different sizes.</summary>
    Mismatch,

    /// <summary>A peer belongs to another group or generation.</summary>
    Refused,
}

/// <summary>A collective operation failed; the group is of no more use on any rank.</summary>
public sealed class CollectiveException : Exception
{
    /// <summary>Makes the exception; the message names generation, rank, operation and cause.</summary>
    public CollectiveException(
        CollectiveFailure failure, long generation, int rank, int? peer, string operation, string cause, Exception? inner = null)
        : base($"generation {generation}, rank {rank}, {operation}: {cause}", inner)
    {
        Failure = failure;
        Generation = generation;
        Rank = rank;
        Peer = peer;
        Operation = operation;
    }

    /// <summary>The kind of failure.</summary>
    public CollectiveFailure Failure { get; }

    /// <summary>Generation of the group.</summary>
    public long Generation { get; }

    /// <summary>The rank that throws.</summary>
    public int Rank { get; }

    /// <summary>The rank that was waited for or that failed, as far as this rank knows.</summary>
    public int? Peer { get; }

    /// <summary>The operation, with its number in the group's life, e.g. "AllReduce #12 of 1000 Float32".</summary>
    public string Operation { get; }
}
