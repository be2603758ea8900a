using Ism.Structures.Numerics;

namespace Ism.Models.Autoencoder;

/// <summary>Which ordered pairs (i, j), i not j, of an environment's atoms the distogram loss looks at.</summary>
internal static class AtomPairSampling
{
    /// <summary>
    /// All n (n - 1) ordered pairs where they are at most <paramref name="limit"/> (or the limit is 0), else exactly
    /// <paramref name="limit"/> different ones: the list of all pairs is cut into that many equal runs and one is drawn of each.
    /// Both orders of a pair are equally likely, which is why the head needs no symmetry of its own.
    /// </summary>
    /// <param name="atoms">Atoms of the environment; below 2 there is no pair.</param>
    /// <param name="offset">Row of the environment's first atom; added to both lists.</param>
    public static void Append(int atoms, int limit, long offset, CounterRandom random, List<long> first, List<long> second)
    {
        var all = (long)atoms * (atoms - 1);
        var taken = limit == 0 ? all : Math.Min(limit, all);
        for (long k = 0; k < taken; k++)
        {
            var index = k;
            if (taken < all)
            {
                long from = k * all / taken, to = (k + 1) * all / taken;
                index = from + random.NextInt64(to - from);
            }

            var (i, j) = Math.DivRem(index, atoms - 1);
            first.Add(offset + i);
            second.Add(offset + j + (j >= i ? 1 : 0));
        }
    }
}
