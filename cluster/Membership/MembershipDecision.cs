namespace Ism.Cluster.Membership;

/// <summary>What a node does about the members it sees.</summary>
public enum MembershipAct
{
    /// <summary>Goes on.</summary>
    None,

    /// <summary>Declares members dead (only the holder of the lease).</summary>
    Down,

    /// <summary>Gives the lease back and leaves: the others can do better without this node.</summary>
    Yield,

    /// <summary>Leaves, to join again.</summary>
    Leave,
}

/// <summary>A member as one node sees it.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsCoordinator">Whether it could hold the lease.</param>
/// <param name="Unreachable">Somebody in the cluster hears nothing from it.</param>
/// <param name="Answers">It has answered this node a moment ago.</param>
/// <param name="Beats">Its beat in the workspace grows: it lives, whoever can reach it.</param>
/// <param name="CannotReach">Members that it says it cannot reach.</param>
public sealed record MemberSight(
    string Address, bool IsCoordinator, bool Unreachable, bool Answers, bool Beats, IReadOnlyList<string> CannotReach);

/// <summary>All that a node knows when it decides.</summary>
public sealed record MembershipSight
{
    /// <summary>This node.</summary>
    public required string Self { get; init; }

    /// <summary>The other members, the oldest first.</summary>
    public required IReadOnlyList<MemberSight> Others { get; init; }

    /// <summary>This node holds the lease.</summary>
    public required bool HoldsLease { get; init; }

    /// <summary>The lease is alive: its beat grows.</summary>
    public required bool LeaseLives { get; init; }

    /// <summary>The holder's address; empty when there is none.</summary>
    public required string Holder { get; init; }

    /// <summary>Since when the set of unreachable members has been what it is.</summary>
    public required TimeSpan UnchangedFor { get; init; }

    /// <summary>Since when the living holder has not answered this node.</summary>
    public required TimeSpan HolderSilent { get; init; }

    /// <summary>Since when the holder has answered that this node is no member; zero when it is one.</summary>
    public required TimeSpan Unknown { get; init; }
}

/// <summary>What to do, whom it concerns, and why.</summary>
public sealed record MembershipVerdict(MembershipAct Act, IReadOnlyList<string> Members, string Why)
{
    /// <summary>Nothing.</summary>
    public static MembershipVerdict Nothing { get; } = new(MembershipAct.None, [], "");
}

/// <summary>
/// Who stays when members cannot reach each other. The holder of the authority lease decides; nobody else declares anyone dead. A node
/// that the living holder cannot be reached from leaves. While nobody holds the lease, nobody is declared dead and everybody goes on.
/// The holder yields to a side with more coordinators, and among equals to one with more nodes, so that one node cut off from all
/// others does not stop them; featurizers and trainers never outvote coordinators. Pure.
/// </summary>
public static class MembershipDecision
{
    /// <summary>How long the unreachable members must have stayed the same before somebody is declared dead.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(4);

    /// <summary>How long links between some members may be broken, while the holder reaches both ends.</summary>
    public static readonly TimeSpan BrokenLinkAfter = TimeSpan.FromSeconds(12);

    /// <summary>How long a node goes on without a word from the living holder.</summary>
    public static readonly TimeSpan CutOffAfter = TimeSpan.FromSeconds(16);

    /// <summary>How long a node goes on when the holder does not count it as a member.</summary>
    public static readonly TimeSpan UnknownAfter = TimeSpan.FromSeconds(6);

    /// <summary>Decides.</summary>
    public static MembershipVerdict Decide(MembershipSight sight)
    {
        if (sight.HoldsLease)
        {
            return AsHolder(sight);
        }

        if (!sight.LeaseLives)
        {
            return MembershipVerdict.Nothing;
        }

        return sight.HolderSilent > CutOffAfter
            ? Leave($"{sight.Holder} holds the authority lease and renews it, but has not answered this node for {sight.HolderSilent.TotalSeconds:F0} s")
            : sight.Unknown > UnknownAfter
                ? Leave($"{sight.Holder}, which holds the authority lease, no longer counts this node as a member")
                : MembershipVerdict.Nothing;
    }

    private static MembershipVerdict AsHolder(MembershipSight sight)
    {
        var unreachable = sight.Others.Where(m => m.Unreachable).ToList();
        var lost = unreachable.Where(m => !m.Answers).ToList();
        if (unreachable.Count == 0)
        {
            return MembershipVerdict.Nothing;
        }

        if (lost.Count > 0)
        {
            // Whoever neither answers nor beats is dead or frozen: no need to wait whether a link comes back.
            return sight.UnchangedFor < StableAfter && lost.Exists(m => m.Beats) ? MembershipVerdict.Nothing
                : OthersDoBetter(sight, lost) is { } why ? new MembershipVerdict(MembershipAct.Yield, [], why)
                : new MembershipVerdict(MembershipAct.Down, [.. lost.Select(m => m.Address)], "unreachable");
        }

        // Everybody answers the holder, but some do not hear each other.
        var cut = sight.UnchangedFor < BrokenLinkAfter ? [] : BrokenLinks.Cut(sight.Others);
        return cut.Count == 0
            ? MembershipVerdict.Nothing
            : new MembershipVerdict(MembershipAct.Down, cut, "its links to other members are broken");
    }

    // Counts those among the lost who live: the dead cannot do better.
    private static string? OthersDoBetter(MembershipSight sight, List<MemberSight> lost)
    {
        var living = lost.Where(m => m.Beats).ToList();
        var mine = sight.Others.Where(m => !lost.Contains(m)).ToList();
        if (living.Count == 0)
        {
            return null;
        }

        if (mine.Count == 0)
        {
            return $"this node reaches none of {living.Count} other living member(s)";
        }

        var (coordinatorsHere, coordinatorsThere) = (1 + mine.Count(m => m.IsCoordinator), living.Count(m => m.IsCoordinator));
        return coordinatorsThere > coordinatorsHere
            ? $"{coordinatorsThere} living coordinators cannot be reached, {coordinatorsHere} is on this side"
            : coordinatorsThere == coordinatorsHere && living.Count > mine.Count + 1
                ? $"{living.Count} living members cannot be reached, {mine.Count + 1} are on this side"
                : null;
    }

    private static MembershipVerdict Leave(string why) => new(MembershipAct.Leave, [], why);
}
