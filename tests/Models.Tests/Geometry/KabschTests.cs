using Ism.Models.Geometry;
using Ism.Models.Numerics;
using Ism.Structures.Numerics;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Geometry;

public class KabschTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50)]
    public void Should_stay_finite_and_proper_for_degenerate_clouds(int points)
    {
        using var scope = NewDisposeScope();
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            foreach (var rank in new[] { 0, 1, 2, 3 })
            {
                var truth = Cloud((ulong)rank, points, rank).to(dtype);
                var predicted = Cloud((ulong)rank + 10, points, 3).to(dtype).requires_grad_(true);
                var alignment = Kabsch.Align(predicted, truth);
                var error = Kabsch.AlignedSquaredError(predicted, truth);
                error.sum().backward();
                var tolerance = dtype == ScalarType.Float64 ? 1e-12 : 1e-5;
                AssertClose(ones(2), linalg.det(alignment.Rotation), tolerance);
                Assert.True(error.isfinite().all().item<bool>());
                Assert.True(predicted.grad!.isfinite().all().item<bool>());
                Assert.True(alignment.Aligned.isfinite().all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Should_find_a_rigid_copy_exactly(int rank)
    {
        using var scope = NewDisposeScope();
        var truth = Cloud(5, 30, rank);
        var copy = truth.matmul(Rotation(6).transpose(0, 1)) + Held.Of(4);
        AssertClose(zeros(2), Kabsch.AlignedSquaredError(copy, truth), 1e-20);
        AssertClose(copy, Kabsch.Align(copy, truth).Aligned, 1e-10);
    }

    [Fact]
    public void Should_not_turn_a_cloud_into_its_mirror_image()
    {
        using var scope = NewDisposeScope();
        var truth = Cloud(5, 30, 3);
        var mirrored = truth * tensor(new[] { 1.0, 1, -1 });
        Assert.True(Kabsch.AlignedSquaredError(mirrored, truth).min().item<double>() > 0.1);
    }

    [Fact]
    public void Should_have_the_gradient_of_the_minimum_itself()
    {
        using var scope = NewDisposeScope();
        var truth = Cloud(1, 9, 3);
        var predicted = Cloud(2, 9, 3).requires_grad_(true);
        Kabsch.AlignedSquaredError(predicted, truth).sum().backward();
        const double Step = 1e-5;
        for (var i = 0; i < predicted.shape[1]; i++)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                var moved = zeros_like(predicted);
                moved[1, i, axis] = Step;
                var slope = (Kabsch.AlignedSquaredError(predicted.detach() + moved, truth)
                    - Kabsch.AlignedSquaredError(predicted.detach() - moved, truth)).sum().item<double>() / (2 * Step);
                Assert.Equal(slope, predicted.grad![1, i, axis].item<double>(), 1e-7);
            }
        }
    }

    [Fact]
    public void Should_report_shapes_that_do_not_fit()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => Kabsch.Align(zeros(2, 5, 3), zeros(2, 4, 3)));
        Assert.Contains("[2, 5, 3]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_pass_a_non_finite_prediction_on_as_a_non_finite_error()
    {
        using var scope = NewDisposeScope();
        var predicted = Cloud(1, 9, 3);
        predicted[0, 0, 0] = double.NaN;
        var error = Kabsch.AlignedSquaredError(predicted, Cloud(2, 9, 3));
        Assert.False(double.IsFinite(error[0].item<double>()));
        Assert.True(double.IsFinite(error[1].item<double>()));
    }

    /// <summary>Two clouds [2, n, 3] f64 that span 0 (one place), 1, 2 or 3 dimensions.</summary>
    private static Tensor Cloud(ulong seed, int points, int rank)
    {
        var random = new CounterRandom(seed);
        var values = Enumerable.Range(0, 2 * points * 3).Select(i => i % 3 < rank ? 5 * random.NextGaussian() : 0).ToArray();
        return tensor(values, [2, points, 3]).matmul(Rotation(seed).transpose(0, 1)) + Held.Of(1);
    }

    private static Tensor Rotation(ulong key)
    {
        var random = new CounterRandom(key, 4);
        var (q, _) = linalg.qr(tensor(Enumerable.Range(0, 9).Select(_ => random.NextGaussian()).ToArray(), [3, 3]));
        return q * linalg.det(q).sign();
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        var difference = (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"differs by {difference:e2}, more than {tolerance:e0}");
    }
}
