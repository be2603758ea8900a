namespace Ism.Collectives;

/// <summary>Who is in a ring: what the coordinator tells every member of a new generation, the same but for the rank.</summary>
public sealed record RingMembership
{
    /// <summary>More ranks than this are refused: what a rank waits grows with the ring.</summary>
    public const int MaxWorld = 128;

    /// <summary>Names the training group of the job; a member of another group is refused. Drawn at random, it keeps strangers
    /// out as long as nobody listens; with <see cref="RingTls"/> nobody can.</summary>
    public required Guid Group { get; init; }

    /// <summary>Number of this set of members.</summary>
    public required long Generation { get; init; }

    /// <summary>This member's rank.</summary>
    public required int Rank { get; init; }

    /// <summary>"host:port" of each rank's <see cref="TcpRingListener"/>, in rank order.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Number of ranks.</summary>
    public int World => Endpoints.Count;

    internal int Next => (Rank + 1) % World;

    internal int Previous => (Rank + World - 1) % World;

    internal string Describe(int rank) => $"rank {rank} ({Endpoints[rank]})";

    internal void Check()
    {
        if (World is < 1 or > MaxWorld)
        {
            throw new ArgumentException($"a ring has 1 to {MaxWorld} ranks, not {World}");
        }

        if (Rank < 0 || Rank >= World)
        {
            throw new ArgumentException($"rank {Rank} is not in a ring of {World}");
        }
    }
}
