namespace Ism.Models.Codebook;

/// <summary>
/// What one part of the points adds to a Lloyd iteration. Plain arrays, to be sent; parts merged in the same order give the same
/// centroids to the last bit.
/// </summary>
/// <param name="Sums">K x width: per cluster the sum of its points.</param>
/// <param name="Counts">K: points per cluster.</param>
/// <param name="Inertia">Sum of squared distances of the points to their centroids.</param>
public sealed record KMeansPartial(double[] Sums, long[] Counts, double Inertia)
{
    /// <summary>Points in this part.</summary>
    public long Points => Counts.Sum();

    /// <summary>Assigns points to their nearest centroids and sums them up.</summary>
    public static KMeansPartial Of(Embeddings points, Centroids centroids)
    {
        using var search = new NearestCentroid(centroids);
        return Of(points, centroids, search, (_, _) => { });
    }

    /// <summary>The sum of two parts; neither is changed.</summary>
    /// <exception cref="ArgumentException">They belong to different numbers or widths of clusters.</exception>
    public KMeansPartial Merge(KMeansPartial other) => Merge([this, other]);

    /// <summary>The sum of parts, added up in their order; none is changed.</summary>
    /// <exception cref="ArgumentException">No part, or parts of different numbers or widths of clusters.</exception>
    public static KMeansPartial Merge(IEnumerable<KMeansPartial> parts)
    {
        double[]? sums = null;
        long[] counts = [];
        var inertia = 0.0;
        foreach (var part in parts)
        {
            sums ??= new double[part.Sums.Length];
            counts = counts.Length == 0 ? new long[part.Counts.Length] : counts;
            if (part.Counts.Length != counts.Length || part.Sums.Length != sums.Length)
            {
                throw new ArgumentException(
                    $"k-means parts of {counts.Length} clusters ({sums.Length} sums) and of {part.Counts.Length} "
                    + $"({part.Sums.Length}) do not belong to one iteration");
            }

            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += part.Sums[i];
            }

            for (var k = 0; k < counts.Length; k++)
            {
                counts[k] += part.Counts[k];
            }

            inertia += part.Inertia;
        }

        return sums is null
            ? throw new ArgumentException("no k-means parts to merge", nameof(parts))
            : new KMeansPartial(sums, counts, inertia);
    }

    internal static KMeansPartial Of(Embeddings points, Centroids centroids, NearestCentroid search, Action<int, int> assigned)
    {
        var sums = new double[centroids.Values.Length];
        var counts = new long[centroids.Count];
        var inertia = 0.0;
        search.Search(points, (i, nearest, distance) =>
        {
            var row = points.Row(i);
            var sum = sums.AsSpan(nearest * points.Width, points.Width);
            for (var c = 0; c < row.Length; c++)
            {
                sum[c] += row[c];
            }

            counts[nearest]++;
            inertia += distance;
            assigned(i, nearest);
        });
        return new KMeansPartial(sums, counts, inertia);
    }
}
