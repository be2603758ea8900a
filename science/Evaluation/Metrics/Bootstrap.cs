using Ism.Structures.Numerics;

namespace Ism.Evaluation.Metrics;

/// <summary>An estimate with its 95 % interval.</summary>
/// <param name="Value">On all proteins.</param>
/// <param name="Low">2.5th percentile over resamples.</param>
/// <param name="High">97.5th percentile.</param>
public readonly record struct Estimate(double Value, double Low, double High)
{
    /// <summary>Whether the interval lies on one side of zero: for differences.</summary>
    public bool ExcludesZero => Low > 0 || High < 0;
}

/// <summary>
/// Percentile bootstrap over proteins (Efron): proteins are drawn with repetition as often as there are, since residues and pairs of one
/// protein are not independent. Draws depend on the seed and the number of proteins alone, so two models are compared on the same
/// draws.
/// </summary>
/// <param name="Replicates">Resamples.</param>
/// <param name="Seed">Of the draws.</param>
public sealed record Bootstrap(int Replicates = 1000, ulong Seed = 1)
{
    /// <summary>A statistic of drawn proteins with its interval.</summary>
    /// <param name="proteins">How many there are.</param>
    /// <param name="statistic">Given indices of proteins, some more than once; NaN results are left out of the interval.</param>
    /// <exception cref="ArgumentOutOfRangeException">No protein, or no resample.</exception>
    public Estimate Of(int proteins, Func<IReadOnlyList<int>, double> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(proteins);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Replicates);
        var values = new List<double>(Replicates);
        var drawn = new int[proteins];
        for (var replicate = 0; replicate < Replicates; replicate++)
        {
            var random = new CounterRandom(Seed, (ulong)proteins, (ulong)replicate);
            for (var i = 0; i < proteins; i++)
            {
                drawn[i] = random.NextInt32(proteins);
            }

            if (statistic(drawn) is var value && !double.IsNaN(value))
            {
                values.Add(value);
            }
        }

        values.Sort();
        return new Estimate(statistic([.. Enumerable.Range(0, proteins)]), Percentile(values, 0.025), Percentile(values, 0.975));
    }

    /// <summary>The mean over proteins of a value each; those without one (NaN) are left out.</summary>
    public static Func<IReadOnlyList<int>, double> MeanOf(double[] values) => drawn =>
    {
        double sum = 0, count = 0;
        foreach (var index in drawn)
        {
            if (!double.IsNaN(values[index]))
            {
                (sum, count) = (sum + values[index], count + 1);
            }
        }

        return sum / count;
    };

    // Between the two nearest values, linearly.
    private static double Percentile(List<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        var place = share * (sorted.Count - 1);
        var low = (int)Math.Floor(place);
        var high = Math.Min(low + 1, sorted.Count - 1);
        return sorted[low] + ((place - low) * (sorted[high] - sorted[low]));
    }
}
