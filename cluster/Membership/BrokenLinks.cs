namespace Ism.Cluster.Membership;

/// <summary>Chooses whom to part with when single links between members are broken, though the holder of the lease reaches both ends:
/// as few as possible, so that one node with a broken network card does not cost all those it cannot see. Pure.</summary>
internal static class BrokenLinks
{
    /// <summary>Members to part with: time after time the one with the most broken links, the youngest among equals.</summary>
    /// <param name="members">Members that answer, the oldest first.</param>
    public static IReadOnlyList<string> Cut(IReadOnlyList<MemberSight> members)
    {
        var age = members.Select((m, i) => (m.Address, i)).ToDictionary(m => m.Address, m => m.i);
        var links = members.SelectMany(m => m.CannotReach.Where(age.ContainsKey).Select(other => Link(m.Address, other)))
            .Where(l => l.A != l.B).ToHashSet();
        var cut = new List<string>();
        while (links.Count > 0)
        {
            var worst = links.SelectMany(l => (string[])[l.A, l.B]).CountBy(a => a)
                .OrderByDescending(c => c.Value).ThenByDescending(c => age[c.Key]).First().Key;
            cut.Add(worst);
            links.RemoveWhere(l => l.A == worst || l.B == worst);
        }

        return cut;
    }

    private static (string A, string B) Link(string a, string b) => string.CompareOrdinal(a, b) < 0 ? (a, b) : (b, a);
}
