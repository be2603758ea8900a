using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Ism.GpuTrainer.Samples;

/// <summary>
/// Shares samples of known cost out over ranks: the costliest first, each to the rank that has least so far (longest processing time
/// first; Graham, SIAM J. Appl. Math. 17, 1969: at most 4/3 of the best; no rank has more than the mean and one sample). Whole
/// numbers and fixed ties, so every rank that knows the costs finds the same shares.
/// </summary>
public static class WorkShares
{
    /// <summary>The places of each rank's samples, ascending; every place is one rank's.</summary>
    /// <param name="costs">Cost of each sample, not negative.</param>
    /// <param name="world">Ranks.</param>
    public static int[][] Of(IReadOnlyList<long> costs, int world)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(world, 1);
        var shares = Enumerable.Range(0, world).Select(_ => new List<int>()).ToArray();
        var ranks = new PriorityQueue<int, (long Cost, int Samples, int Rank)>(
            Enumerable.Range(0, world).Select(rank => (rank, (0L, 0, rank))));
        foreach (var place in Enumerable.Range(0, costs.Count).OrderByDescending(i => costs[i]).ThenBy(i => i))
        {
            ranks.TryPeek(out var rank, out var least);
            shares[rank].Add(place);
            ranks.DequeueEnqueue(rank, (least.Cost + costs[place], least.Samples + 1, rank));
        }

        return [.. shares.Select(share => share.Order().ToArray())];
    }

    /// <summary>The largest share's cost over the mean: how much longer a step takes than it had to; 1 is best.</summary>
    public static double Imbalance(IReadOnlyList<long> costs, IReadOnlyList<int[]> shares)
    {
        var mean = costs.Sum() / (double)shares.Count;
        return mean == 0 ? 1 : shares.Max(share => share.Sum(place => costs[place])) / mean;
    }

    /// <summary>A number by which ranks see whether they shared out by the same costs; never 0.</summary>
    public static long Fingerprint(ReadOnlySpan<long> costs) => (long)XxHash64.HashToUInt64(MemoryMarshal.AsBytes(costs)) | 1;
}
