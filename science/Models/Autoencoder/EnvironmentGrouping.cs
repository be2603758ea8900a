namespace Ism.Models.Autoencoder;

/// <summary>Which environments go into one padded batch: those of similar atom count.</summary>
public static class EnvironmentGrouping
{
    /// <summary>Share of padded atoms above which a batch that is already large enough is closed.</summary>
    public const double PaddingLimit = 0.02;

    /// <summary>Environments x (atoms)^2 from which a batch's matrix products run at full speed on a CPU: three of 140
    /// atoms.</summary>
    private const long FullProducts = 60_000;

    /// <summary>
    /// Sorts by atom count (ties by position) and cuts runs so that environments x (largest count)^2 stays within the bound; a
    /// run
    /// is cut earlier where one more environment would make more than 2 % of its atoms padding and it already has a 32nd of
    /// the bound and enough rows for full matrix products. Empty environments stand apart. Pure. An environment larger than the
    /// bound stands alone.
    /// </summary>
    /// <param name="counts">Atoms of each environment.</param>
    /// <param name="atomPairs">Bound on environments x (padded atoms)^2 of a batch.</param>
    /// <returns>Groups of positions in <paramref name="counts"/>; together each position once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public static IReadOnlyList<int[]> ByAtomCount(IReadOnlyList<int> counts, long atomPairs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atomPairs);
        var order = Enumerable.Range(0, counts.Count).OrderBy(i => counts[i]).ToArray();
        var groups = new List<int[]>();
        var start = 0;
        long useful = 0;
        for (var i = 0; i < order.Length; i++)
        {
            long largest = Math.Max(1, counts[order[i]]);
            var size = i - start;
            if (size > 0 && Closes(size, useful, counts[order[i - 1]], largest, atomPairs))
            {
                groups.Add(order[start..i]);
                (start, useful) = (i, 0);
            }

            useful += counts[order[i]];
        }

        if (start < order.Length)
        {
            groups.Add(order[start..]);
        }

        return groups;
    }

    private static bool Closes(int size, long useful, long before, long largest, long atomPairs)
    {
        if ((before == 0 && largest > 1) || (size + 1) * largest * largest > atomPairs)
        {
            return true;
        }

        var padded = (size + 1) * largest;
        return padded - (useful + largest) > PaddingLimit * padded
            && size * before * before >= Math.Max(FullProducts, atomPairs / 32);
    }
}
