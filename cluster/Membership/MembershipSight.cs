namespace Ism.Cluster.Membership;

/// <summary>What is known of a member's life, whoever can reach it.</summary>
public enum MemberLife
{
    /// <summary>Its beat in the workspace stands still, or it has left.</summary>
    Dead,

    /// <summary>It beat a while ago.</summary>
    Doubtful,

    /// <summary>Its beat has grown since it cannot be reached.</summary>
    Living,
}

/// <summary>A member as one node sees it.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsCoordinator">Whether it could hold the lease.</param>
/// <param name="Unreachable">Somebody in the cluster hears nothing from it.</param>
/// <param name="Answers">It has answered this node a moment ago.</param>
/// <param name="Life">Whether it lives.</param>
/// <param name="CannotReach">Members that it says it cannot reach.</param>
public sealed record MemberSight(
    string Address, bool IsCoordinator, bool Unreachable, bool Answers, MemberLife Life, IReadOnlyList<string> CannotReach);

/// <summary>All that a node knows when it decides.</summary>
public sealed record MembershipSight
{
    /// <summary>The other members, the oldest first.</summary>
    public required IReadOnlyList<MemberSight> Others { get; init; }

    /// <summary>This node holds the lease.</summary>
    public required bool HoldsLease { get; init; }

    /// <summary>The lease is alive: its beat grows.</summary>
    public required bool LeaseLives { get; init; }

    /// <summary>The holder, for a person; empty when there is none.</summary>
    public required string Holder { get; init; }

    /// <summary>Since when the set of unreachable members has been what it is.</summary>
    public required TimeSpan UnchangedFor { get; init; }

    /// <summary>Since when the living holder has not answered this node.</summary>
    public required TimeSpan HolderSilent { get; init; }

    /// <summary>Since when the holder answers, but one of the two does not count the other as a member; zero when both do.</summary>
    public required TimeSpan Unknown { get; init; }
}
