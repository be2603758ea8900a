using System.Text.Json;

namespace Ism.Models.Codebook;

/// <summary>One row of the elbow table.</summary>
public readonly record struct ElbowPoint(int Clusters, double Inertia, int Iterations);

/// <summary>Inertia over the number of clusters.</summary>
/// <param name="Points">In rising order of clusters.</param>
/// <param name="Knee">The suggested number of clusters; null with fewer than three points.</param>
public sealed record Elbow(IReadOnlyList<ElbowPoint> Points, int? Knee)
{
    /// <summary>Runs k-means for each number of clusters (repeated numbers once, and only those the points suffice
    /// for).</summary>
    /// <param name="points">Usually a sample of the embeddings.</param>
    /// <param name="clusters">Values of K to try.</param>
    /// <param name="seed">Of the k-means++ starts.</param>
    /// <param name="maxIterations">Of each run.</param>
    public static Elbow Of(Embeddings points, IEnumerable<int> clusters, ulong seed, int maxIterations = 50)
    {
        var table = new List<ElbowPoint>();
        foreach (var k in clusters.Where(k => k >= 1 && k <= points.Count).Distinct().Order())
        {
            var run = KMeans.Lloyd(points, KMeans.PlusPlus(points, k, seed), maxIterations);
            table.Add(new ElbowPoint(k, run.Inertia, run.Iterations));
        }

        return new Elbow(table, KneeOf(table));
    }

    /// <summary>Reads the table of a run; null where there is none, since a job need not ask for one.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static Elbow? Load(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Elbow>(File.ReadAllText(path)) is { Points: not null } elbow
                ? elbow
                : throw new InvalidDataException($"{path} has no table of inertia over K; delete it to do without");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} has no table of inertia over K ({e.Message}); delete it to do without", e);
        }
    }

    /// <summary>The point farthest below the straight line from the first to the last, both axes scaled to 0..1 (the knee of
    /// Satopää et al. 2011, "Kneedle"). A suggestion: inertia has no sharp knee where clusters overlap.</summary>
    public static int? KneeOf(IReadOnlyList<ElbowPoint> points)
    {
        if (points.Count < 3 || points[0].Inertia <= points[^1].Inertia)
        {
            return null;
        }

        double Below(ElbowPoint point)
        {
            var x = (point.Clusters - points[0].Clusters) / (double)(points[^1].Clusters - points[0].Clusters);
            var y = (point.Inertia - points[^1].Inertia) / (points[0].Inertia - points[^1].Inertia);
            return 1 - x - y;
        }

        var knee = points.MaxBy(Below);
        return Below(knee) > 0 ? knee.Clusters : null;
    }
}
