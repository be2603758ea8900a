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

/// <summary>What to do, whom it concerns, and why.</summary>
public sealed record MembershipVerdict(MembershipAct Act, IReadOnlyList<string> Members, string Why)
{
    /// <summary>Nothing.</summary>
    public static MembershipVerdict Nothing { get; } = new(MembershipAct.None, [], "");
}

/// <summary>
/// Who stays when members cannot reach each other. The holder of the authority lease decides; nobody else declares anyone dead. A node
/// that the living holder cannot be reached from leaves, and is declared dead when it has: so two sides never both go on. While
/// nobody holds the lease, nobody is declared dead and everybody goes on. The holder yields to a side with more coordinators, and among
/// equals to one with more nodes, so that one node cut off from all others does not stop them; featurizers and trainers never
/// outvote coordinators. Pure.
/// </summary>
/// <param name="times">How long things may last.</param>
public sealed class MembershipDecision(MembershipTimes times)
{
    /// <summary>Decides.</summary>
    public MembershipVerdict Decide(MembershipSight sight)
    {
        if (sight.HoldsLease)
        {
            return AsHolder(sight);
        }

        if (!sight.LeaseLives)
        {
            return MembershipVerdict.Nothing;
        }

        return sight.HolderSilent > times.CutOffAfter
            ? Leave($"{sight.Holder} holds the authority lease and renews it, but has not answered this node "
                + $"for {sight.HolderSilent.TotalSeconds:F0} s")
            : sight.Unknown > times.UnknownAfter
                ? Leave($"{sight.Holder}, which holds the authority lease, and this node are not members of one cluster")
                : MembershipVerdict.Nothing;
    }

    private MembershipVerdict AsHolder(MembershipSight sight)
    {
        // All are asked as soon as one cannot be reached; until then nobody had reason to answer.
        if (!sight.Others.Any(m => m.Unreachable) || sight.UnchangedFor < times.AskEvery * 2)
        {
            return MembershipVerdict.Nothing;
        }

        var lost = sight.Others.Where(m => m is { Unreachable: true, Answers: false }).ToList();
        if (lost.Where(m => m.Life == MemberLife.Dead).Select(m => m.Address).ToList() is { Count: > 0 } dead)
        {
            // No need to wait whether a link comes back: it is dead or frozen, or it has left.
            return new MembershipVerdict(MembershipAct.Down, dead, "it neither answers nor beats");
        }

        if (lost.Count > 0)
        {
            return sight.UnchangedFor < times.StableAfter || lost.Exists(m => m.Life == MemberLife.Doubtful) ? MembershipVerdict.Nothing
                : OthersDoBetter(sight, lost) is { } why ? new MembershipVerdict(MembershipAct.Yield, [], why)
                // They leave of themselves and then beat no more. To declare them dead before would start their work twice.
                : sight.UnchangedFor < times.DownLivingAfter ? MembershipVerdict.Nothing
                : new MembershipVerdict(
                    MembershipAct.Down, [.. lost.Select(m => m.Address)], "it lives, but cannot be reached and does not leave");
        }

        // Everybody answers the holder, but some do not hear each other.
        var cut = sight.UnchangedFor < times.BrokenLinkAfter ? [] : BrokenLinks.Cut(sight.Others);
        return cut.Count == 0
            ? MembershipVerdict.Nothing
            : new MembershipVerdict(MembershipAct.Down, cut, "its links to other members are broken");
    }

    // All the lost live when this is asked.
    private static string? OthersDoBetter(MembershipSight sight, List<MemberSight> lost)
    {
        var mine = sight.Others.Count - lost.Count;
        if (mine == 0)
        {
            // Of two nodes that cannot reach each other, either may be the one that is cut off.
            return lost.Count > 1 ? $"this node reaches none of {lost.Count} other living members" : null;
        }

        var there = lost.Count(m => m.IsCoordinator);
        var here = 1 + sight.Others.Count(m => m.IsCoordinator) - there;
        return there > here ? $"{there} living coordinators cannot be reached, {here} on this side"
            : there == here && lost.Count > mine + 1 ? $"{lost.Count} living members cannot be reached, {mine + 1} are on this side"
            : null;
    }

    private static MembershipVerdict Leave(string why) => new(MembershipAct.Leave, [], why);
}
