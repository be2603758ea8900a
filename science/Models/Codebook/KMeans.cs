using Ism.Structures.Numerics;

namespace Ism.Models.Codebook;

/// <summary>What a Lloyd run found.</summary>
/// <param name="Centroids">After the last update.</param>
/// <param name="Assignments">Nearest centroid of each point, among <paramref name="Centroids"/>.</param>
/// <param name="Inertia">Sum of squared distances to them.</param>
/// <param name="Iterations">Updates that moved a centroid.</param>
/// <param name="Converged">False where the limit of iterations ended the run.</param>
public sealed record KMeansResult(Centroids Centroids, int[] Assignments, double Inertia, int Iterations, bool Converged);

/// <summary>
/// Lloyd's k-means (Lloyd 1982) from k-means++ starts (Arthur and Vassilvitskii 2007). Distances and means are those of double
/// arithmetic; a tie goes to the lower index; an empty cluster keeps its centroid. Every result is a function of its input alone.
/// </summary>
public static class KMeans
{
    /// <summary>Start centroids: the first point uniform, each further one with probability proportional to its squared distance
    /// to the nearest start so far.</summary>
    /// <exception cref="ArgumentException">Fewer points than clusters.</exception>
    public static Centroids PlusPlus(Embeddings points, int k, ulong seed)
    {
        if (k < 1 || points.Count < k)
        {
            throw new ArgumentException(
                $"{k} clusters cannot start from {points.Count} points: give more points or ask for fewer clusters");
        }

        var random = new CounterRandom(seed, (ulong)k);
        var starts = new double[k * points.Width];
        var distances = new double[points.Count];
        Array.Fill(distances, double.PositiveInfinity);
        var chosen = random.NextInt32(points.Count);
        for (var start = 0; ; start++)
        {
            for (var c = 0; c < points.Width; c++)
            {
                starts[(start * points.Width) + c] = points.Row(chosen)[c];
            }

            if (start == k - 1)
            {
                return new Centroids(starts, points.Width);
            }

            chosen = Draw(distances, Shrink(points, chosen, distances), random.NextDouble());
        }
    }

    /// <summary>The nearest centroid of each point.</summary>
    public static int[] Assign(Embeddings points, Centroids centroids)
    {
        using var search = new NearestCentroid(centroids);
        var assignments = new int[points.Count];
        search.Search(points, (i, nearest, _) => assignments[i] = nearest);
        return assignments;
    }

    /// <summary>The means of one iteration's parts, merged in their order.</summary>
    /// <param name="parts">At least one; all made with <paramref name="previous"/>.</param>
    /// <param name="previous">Kept where a cluster is empty.</param>
    public static Centroids Update(IEnumerable<KMeansPartial> parts, Centroids previous)
    {
        var whole = KMeansPartial.Merge(parts);
        if (whole.Counts.Length != previous.Count || whole.Sums.Length != previous.Values.Length)
        {
            throw new ArgumentException(
                $"k-means parts of {whole.Counts.Length} clusters do not belong to {previous.Count} centroids "
                + $"of width {previous.Width}");
        }

        var values = new double[previous.Values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var count = whole.Counts[i / previous.Width];
            values[i] = count > 0 ? whole.Sums[i] / count : previous.Values[i];
        }

        return new Centroids(values, previous.Width);
    }

    /// <summary>Iterates until no centroid moves or the limit is reached.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static KMeansResult Lloyd(Embeddings points, Centroids start, int maxIterations)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxIterations);
        var (centroids, assignments) = (start, new int[points.Count]);
        for (var iteration = 0; ; iteration++)
        {
            using var search = new NearestCentroid(centroids);
            var part = KMeansPartial.Of(points, centroids, search, (i, nearest) => assignments[i] = nearest);
            var next = Update([part], centroids);
            if (next.SameAs(centroids) || iteration == maxIterations)
            {
                return new KMeansResult(centroids, assignments, part.Inertia, iteration, next.SameAs(centroids));
            }

            centroids = next;
        }
    }

    /// <summary>Lowers each distance to that of the point just chosen; returns their sum.</summary>
    private static double Shrink(Embeddings points, int chosen, double[] distances)
    {
        var centre = points.Row(chosen);
        var total = 0.0;
        for (var i = 0; i < distances.Length; i++)
        {
            var row = points.Row(i);
            var distance = 0.0;
            for (var c = 0; c < row.Length; c++)
            {
                var difference = (double)row[c] - centre[c];
                distance += difference * difference;
            }

            distances[i] = Math.Min(distances[i], distance);
            total += distances[i];
        }

        return total;
    }

    /// <summary>The first point at which the running sum of distances passes a share of the total. A point already chosen has
    /// distance 0 and is never drawn while another is left; where all points coincide with starts, the draw is uniform.</summary>
    private static int Draw(double[] distances, double total, double share)
    {
        if (!(total > 0))
        {
            return (int)(share * distances.Length);
        }

        var (running, last) = (0.0, 0);
        for (var i = 0; i < distances.Length; i++)
        {
            if (distances[i] > 0)
            {
                running += distances[i];
                last = i;
                if (running > share * total)
                {
                    return i;
                }
            }
        }

        return last;
    }
}
