using Ism.Evaluation.Data;
using Ism.Structures.Numerics;

namespace Ism.Evaluation.Splits;

/// <summary>Shares of the parts; what is left is for training.</summary>
/// <param name="Validation">Share of the proteins for validation.</param>
/// <param name="Test">Share of the proteins for the test.</param>
public sealed record SplitShares(double Validation = 0.1, double Test = 0.2);

/// <summary>A split by clusters, and what is known of its quality.</summary>
/// <param name="Parts">The part of each protein.</param>
/// <param name="Clusters">How many clusters there are.</param>
/// <param name="LargestIdentity">The largest identity found between a test protein and one of training or validation, 0 where no pair was found
/// similar; null where clusters came from a file.</param>
public sealed record SplitResult(Part[] Parts, int Clusters, double? LargestIdentity);

/// <summary>Splits proteins so that no cluster is on two sides.</summary>
public static class ClusterSplit
{
    /// <summary>
    /// Shuffles the clusters by the seed and fills the test, then validation, up to their shares; a cluster larger than half of a part's
    /// share goes to training. Where the proteins are too few for a part it stays empty.
    /// </summary>
    public static SplitResult Make(IdentityClusters clusters, SplitShares? shares = null, ulong seed = 1)
    {
        shares ??= new();
        var total = clusters.ClusterOf.Length;
        var members = Enumerable.Range(0, total).GroupBy(i => clusters.ClusterOf[i]).Select(group => group.ToArray()).ToArray();
        new CounterRandom(seed, (ulong)total).Shuffle<int[]>(members);
        var parts = new Part[total];
        var wanted = new Dictionary<Part, double> { [Part.Test] = shares.Test * total, [Part.Validation] = shares.Validation * total };
        foreach (var part in (Part[])[Part.Test, Part.Validation])
        {
            var filled = 0;
            for (var c = 0; c < members.Length; c++)
            {
                if (members[c].Length > 0 && filled + members[c].Length <= wanted[part] + 0.5
                    && (members[c].Length == 1 || members[c].Length <= wanted[part] / 2))
                {
                    Array.ForEach(members[c], i => parts[i] = part);
                    filled += members[c].Length;
                    members[c] = [];
                }
            }
        }

        return new SplitResult(parts, clusters.Count, clusters.Pairs.Count == 0 && total > clusters.Count
            ? null : LargestAcross(clusters.Pairs, parts));
    }

    /// <summary>The largest identity of a pair of which one is in the test and the other is not; 0 where there is none.</summary>
    public static double LargestAcross(IEnumerable<SimilarPair> pairs, IReadOnlyList<Part> parts) => pairs
        .Where(pair => (parts[pair.A] == Part.Test) != (parts[pair.B] == Part.Test))
        .Select(pair => pair.Identity).DefaultIfEmpty(0).Max();
}
