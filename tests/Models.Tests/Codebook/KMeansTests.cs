using Ism.Models.Codebook;
using Ism.Structures.Numerics;

namespace Ism.Models.Tests.Codebook;

public class KMeansTests
{
    [Fact]
    public void Should_assign_by_double_distances_where_float_cannot_tell()
    {
        // Far from the origin |c|^2 - 2 x.c loses every digit that tells these centroids apart.
        var centroids = new Centroids([.. Enumerable.Range(0, 8).SelectMany(k => new[] { 5000 + (k * 1e-4), 5000.0 })], 2);
        var random = new CounterRandom(3);
        var points = new Embeddings(
            Enumerable.Range(0, 400).Select(i => (float)(5000 + (i % 2 == 0 ? 1e-2 * random.NextDouble() : 0))).ToArray(), 2);
        var expected = Enumerable.Range(0, points.Count).Select(i => Enumerable.Range(0, 8).MinBy(k =>
            Math.Pow(points.Row(i)[0] - centroids.Row(k)[0], 2) + Math.Pow(points.Row(i)[1] - centroids.Row(k)[1], 2)));
        Assert.Equal(expected, KMeans.Assign(points, centroids));
    }

    [Fact]
    public void Should_give_ties_to_the_lower_index()
    {
        var centroids = new Centroids([3, 0, -1, 0, 1, 0, 1, 0], 2);
        Assert.Equal([1, 2, 0], KMeans.Assign(new Embeddings(new float[] { 0, 0, 1.5f, 0, 2, 0 }, 2), centroids));
    }

    [Fact]
    public void Should_start_from_different_points_keyed_by_the_seed()
    {
        var points = Blobs(6, 40);
        var starts = KMeans.PlusPlus(points, 6, 1);
        Assert.Equal(starts.Values, KMeans.PlusPlus(points, 6, 1).Values);
        Assert.NotEqual(starts.Values, KMeans.PlusPlus(points, 6, 2).Values);
        Assert.Equal(6, Enumerable.Range(0, 6).Select(k => string.Join(' ', starts.Row(k).ToArray())).Distinct().Count());
    }

    [Fact]
    public void Should_find_well_separated_blobs_and_their_elbow()
    {
        var points = Blobs(6, 60);
        var run = KMeans.Lloyd(points, KMeans.PlusPlus(points, 6, 5), 50);
        Assert.True(run.Converged);
        Assert.All(
            Enumerable.Range(0, points.Count).GroupBy(i => i % 6),
            blob => Assert.Single(blob.Select(i => run.Assignments[i]).Distinct()));
        var elbow = Elbow.Of(points, [2, 4, 6, 8, 12, 16, 100_000], 5);
        Assert.Equal(6, elbow.Knee);
        Assert.Equal([2, 4, 6, 8, 12, 16], elbow.Points.Select(point => point.Clusters));
    }

    [Fact]
    public void Should_survive_points_that_all_coincide()
    {
        var points = new Embeddings(Enumerable.Repeat(0.5f, 30).ToArray(), 3);
        var run = KMeans.Lloyd(points, KMeans.PlusPlus(points, 4, 1), 10);
        Assert.True(run.Converged);
        Assert.All(run.Assignments, assigned => Assert.Equal(0, assigned));
        Assert.Equal(0, run.Inertia);
    }

    [Fact]
    public void Should_say_what_is_wrong_with_its_input()
    {
        var points = Blobs(2, 5);
        Assert.Contains(
            "10 points",
            Assert.Throws<ArgumentException>(() => KMeans.PlusPlus(points, 11, 1)).Message, StringComparison.Ordinal);
        var wrongWidth = new Centroids([1, 2], 1);
        Assert.Contains(
            "width", Assert.Throws<ArgumentException>(() => KMeans.Assign(points, wrongWidth)).Message, StringComparison.Ordinal);
        var nan = new Embeddings(new[] { 1, 2, float.NaN, 0 }, 2);
        var two = new Centroids([0, 0, 1, 1], 2);
        Assert.Contains(
            "point 1", Assert.Throws<ArgumentException>(() => KMeans.Assign(nan, two)).Message, StringComparison.Ordinal);
        var small = KMeansPartial.Of(points, KMeans.PlusPlus(points, 2, 1));
        var large = KMeansPartial.Of(points, KMeans.PlusPlus(points, 3, 1));
        Assert.Throws<ArgumentException>(() => small.Merge(large));
    }

    /// <summary>Points around distant corners in three dimensions, blob after blob in turn.</summary>
    private static Embeddings Blobs(int blobs, int each)
    {
        var random = new CounterRandom(11);
        var values = new float[3 * blobs * each];
        for (var i = 0; i < blobs * each; i++)
        {
            for (var c = 0; c < 3; c++)
            {
                values[(3 * i) + c] = (float)((20 * (((i % blobs) >> c) & 1)) + (40 * (i % blobs)) + random.NextGaussian());
            }
        }

        return new Embeddings(values, 3);
    }
}
