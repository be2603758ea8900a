namespace Ism.Evaluation.Labels;

/// <summary>One ladder: consecutive bridges of one kind. <see cref="I"/> and <see cref="J"/> both ascend.</summary>
/// <param name="Parallel">The kind.</param>
/// <param name="I">Residues of the strand that comes first.</param>
/// <param name="J">Residues of the other strand.</param>
internal sealed record Ladder(bool Parallel, List<int> I, List<int> J);

/// <summary>
/// Bridges between non-overlapping stretches of three residues, and ladders of bridges, joined over bulges: two ladders of one kind
/// whose strands are at most one extra residue apart on one side and four on the other (Kabsch and Sander 1983).
/// </summary>
internal static class BetaLadders
{
    public static List<Ladder> Find(Backbones backbones, HydrogenBonds bonds)
    {
        var ladders = new List<Ladder>();
        foreach (var (i, j) in bonds.Near)
        {
            if (j < i + 3 || Bridge(backbones, bonds, i, j) is not { } parallel)
            {
                continue;
            }

            var grown = ladders.Find(ladder => ladder.Parallel == parallel && ladder.I[^1] == i - 1
                && (parallel ? ladder.J[^1] + 1 == j : ladder.J[0] - 1 == j));
            if (grown is null)
            {
                ladders.Add(new Ladder(parallel, [i], [j]));
                continue;
            }

            grown.I.Add(i);
            grown.J.Insert(parallel ? grown.J.Count : 0, j);
        }

        ladders = [.. ladders.OrderBy(ladder => ladder.I[0])];
        JoinOverBulges(backbones, ladders);
        return ladders;
    }

    // True for a parallel bridge, false for an antiparallel one, null for none.
    private static bool? Bridge(Backbones backbones, HydrogenBonds bonds, int i, int j)
    {
        if (i < 1 || j + 1 >= backbones.Count || !backbones.Joined(i - 1, i + 1) || !backbones.Joined(j - 1, j + 1))
        {
            return null;
        }

        return (bonds.Bonded(i + 1, j) && bonds.Bonded(j, i - 1)) || (bonds.Bonded(j + 1, i) && bonds.Bonded(i, j - 1)) ? true
            : (bonds.Bonded(i + 1, j - 1) && bonds.Bonded(j + 1, i - 1)) || (bonds.Bonded(j, i) && bonds.Bonded(i, j)) ? false
            : null;
    }

    private static void JoinOverBulges(Backbones backbones, List<Ladder> ladders)
    {
        for (var a = 0; a < ladders.Count; a++)
        {
            for (var b = a + 1; b < ladders.Count; b++)
            {
                if (!Bulge(backbones, ladders[a], ladders[b]))
                {
                    continue;
                }

                ladders[a].I.AddRange(ladders[b].I);
                ladders[a].J.InsertRange(ladders[a].Parallel ? ladders[a].J.Count : 0, ladders[b].J);
                ladders.RemoveAt(b--);
            }
        }
    }

    private static bool Bulge(Backbones backbones, Ladder first, Ladder second)
    {
        var step = second.I[0] - first.I[^1];
        if (first.Parallel != second.Parallel || step is <= 0 or >= 6
            || !backbones.Joined(first.I[0], Math.Max(first.I[^1], second.I[^1]))
            || !backbones.Joined(Math.Min(first.J[0], second.J[0]), Math.Max(first.J[^1], second.J[^1])))
        {
            return false;
        }

        var other = first.Parallel ? second.J[0] - first.J[^1] : first.J[0] - second.J[^1];
        return other >= 0 && ((other < 6 && step < 3) || other < 3);
    }
}
