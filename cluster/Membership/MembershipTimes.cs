namespace Ism.Cluster.Membership;

/// <summary>
/// The times of membership. They hang together: whoever is cut off must still be a member when the holder of the lease has found out that it
/// is the holder that is cut off (the failure detector's 13 s, <see cref="StableAfter"/>, and two looks into the workspace), so that
/// the others go on; tests divide them all alike. Equality by value.
/// </summary>
public sealed record MembershipTimes
{
    /// <summary>Longest time without a beat after which a lease or a node is taken for dead.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between beats, and between looks into the workspace.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Time between questions to other nodes, and between decisions.</summary>
    public TimeSpan AskEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer counts.</summary>
    public TimeSpan AnswerIsFresh { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long the unreachable members must have stayed the same before their living ones count for anything.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long links between some members may be broken, while the holder reaches both ends.</summary>
    public TimeSpan BrokenLinkAfter { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>How long a node goes on without a word from the living holder.</summary>
    public TimeSpan CutOffAfter { get; init; } = TimeSpan.FromSeconds(24);

    /// <summary>How long a node goes on when the holder does not count it as a member.</summary>
    public TimeSpan UnknownAfter { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How long one attempt to join may take.</summary>
    public TimeSpan JoinAttempt { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How long after a look into the workspace its holder may act on having the lease. Well under
    /// <see cref="TimeToLive"/>: when it is over, nobody else can have taken the lease yet.</summary>
    public TimeSpan Authority => TimeToLive / 2;

    /// <summary>How long the holder waits for members that live but cannot be reached to leave of themselves.</summary>
    public TimeSpan DownLivingAfter => CutOffAfter + TimeToLive;

    /// <summary>All times divided.</summary>
    public MembershipTimes DividedBy(double factor) => new()
    {
        TimeToLive = TimeToLive / factor,
        Renewal = Renewal / factor,
        AskEvery = AskEvery / factor,
        AnswerIsFresh = AnswerIsFresh / factor,
        StableAfter = StableAfter / factor,
        BrokenLinkAfter = BrokenLinkAfter / factor,
        CutOffAfter = CutOffAfter / factor,
        UnknownAfter = UnknownAfter / factor,
        JoinAttempt = JoinAttempt / factor,
    };
}
