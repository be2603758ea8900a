using System.Text.Json;
using Ism.Models.Codebook;
using Ism.Models.Serialization;
using Ism.Tests;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Codebook;

public class KMeansGoldenTests
{
    [SkippableFact]
    public void Should_follow_the_reference_iteration_by_iteration()
    {
        using var scope = NewDisposeScope();
        using var index = Index();
        var tensors = Tensors();
        var points = Points(tensors["data"]);
        var centroids = Centres(tensors["initial_centroids"]);
        var iterations = index.RootElement.GetProperty("per_iteration").EnumerateArray().ToArray();
        foreach (var iteration in iterations)
        {
            var number = iteration.GetProperty("iteration").GetInt32();
            // In unequal parts, as chunks are.
            KMeansPartial[] parts =
            [
                KMeansPartial.Of(points.Slice(0, points.Count / 3), centroids),
                KMeansPartial.Of(points.Slice(points.Count / 3, points.Count - (points.Count / 3)), centroids),
            ];
            var inertia = iteration.GetProperty("inertia_at_assignment").GetDouble();
            Assert.Equal(inertia, parts.Sum(part => part.Inertia), 1e-9 * inertia);
            if (tensors.TryGetValue($"assignments_at_{number}", out var assignments))
            {
                Assert.Equal(assignments.data<int>().ToArray(), KMeans.Assign(points, centroids));
            }

            centroids = KMeans.Update(parts, centroids);
            if (tensors.TryGetValue($"centroids_after_{number}", out var expected))
            {
                Close.Require(expected, tensor(centroids.Values, expected.shape), 1e-12, $"centroids after {number}");
            }
        }

        Assert.Equal(tensors["assignments_at_converged"].data<int>().ToArray(), KMeans.Assign(points, centroids));
    }

    [SkippableFact]
    public void Should_converge_where_the_reference_does()
    {
        using var scope = NewDisposeScope();
        using var index = Index();
        var tensors = Tensors();
        var run = KMeans.Lloyd(Points(tensors["data"]), Centres(tensors["initial_centroids"]), 100);
        Assert.True(run.Converged);
        Assert.Equal(index.RootElement.GetProperty("iterations_to_convergence").GetInt32(), run.Iterations);
        Assert.Equal(tensors["assignments_at_converged"].data<int>().ToArray(), run.Assignments);
        var expected = tensors["centroids_after_converged"];
        Close.Require(expected, tensor(run.Centroids.Values, expected.shape), 1e-12, "converged centroids");
        var inertia = index.RootElement.GetProperty("per_iteration").EnumerateArray().Last()
            .GetProperty("inertia_after_update_same_assignment").GetDouble();
        Assert.Equal(inertia, run.Inertia, 1e-9 * inertia);
    }

    [SkippableFact]
    public void Should_keep_the_centroid_of_a_cluster_that_goes_empty()
    {
        using var scope = NewDisposeScope();
        using var index = Index();
        var tensors = Tensors();
        var about = index.RootElement.GetProperty("empty_case");
        var start = Centres(tensors["empty_case_initial_centroids"]);
        var run = KMeans.Lloyd(Points(tensors["empty_case_data"]), start, 100);
        Assert.Equal(about.GetProperty("iterations").GetInt32(), run.Iterations);
        Assert.Equal(tensors["empty_case_assignments_converged"].data<int>().ToArray(), run.Assignments);
        var expected = tensors["empty_case_centroids_converged"];
        Close.Require(expected, tensor(run.Centroids.Values, expected.shape), 1e-12, "centroids");
        Assert.Equal(about.GetProperty("inertia_after").GetDouble(), run.Inertia, 1e-9);
        foreach (var empty in about.GetProperty("empty_clusters").EnumerateArray())
        {
            var k = empty.GetInt32();
            Assert.Equal(start.Row(k).ToArray(), run.Centroids.Row(k).ToArray());
            Assert.DoesNotContain(k, run.Assignments);
        }
    }

    private static JsonDocument Index() =>
        JsonDocument.Parse(File.ReadAllText(ReferenceData.GoldenPath("kmeans", "kmeans.json")));

    private static Dictionary<string, Tensor> Tensors() =>
        SafeTensorsFile.Load(ReferenceData.GoldenPath("kmeans", "kmeans.safetensors"));

    private static Embeddings Points(Tensor rows) => new(rows.data<float>().ToArray(), (int)rows.shape[1]);

    private static Centroids Centres(Tensor rows) =>
        new(rows.to(ScalarType.Float64).data<double>().ToArray(), (int)rows.shape[1]);
}
