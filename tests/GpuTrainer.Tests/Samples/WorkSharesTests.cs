using Ism.GpuTrainer.Samples;
using Ism.Models.Esm2;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Tests.Samples;

public class WorkSharesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(32)]
    [InlineData(400)]
    public void Should_give_no_rank_more_than_the_mean_and_one_sample(int world)
    {
        for (var batch = 0; batch < 20; batch++)
        {
            var costs = Costs(seed: batch, count: 256);
            var shares = WorkShares.Of(costs, world);

            Assert.Equal(world, shares.Length);
            Assert.Equal(Enumerable.Range(0, costs.Length), shares.SelectMany(s => s).Order());
            Assert.All(shares, s => Assert.Equal(s.Order(), s));
            Assert.InRange(shares.Max(s => s.Sum(i => costs[i])), 0, (costs.Sum() / world) + costs.Max());
        }
    }

    [Fact]
    public void Should_be_fairer_than_counting_and_nearly_even_where_samples_are_many()
    {
        var costs = Costs(seed: 1, count: 2048);
        var counted = Enumerable.Range(0, 32).Select(rank => Enumerable.Range(0, 2048).Where(i => i % 32 == rank).ToArray()).ToArray();

        Assert.InRange(WorkShares.Imbalance(costs, WorkShares.Of(costs, 32)), 1, 1.001);
        Assert.InRange(WorkShares.Imbalance(costs, counted), 1.05, 2);
    }

    // By hand: 7 2 0, 6 3 and 5 4, each 9 in the end.
    [Fact]
    public void Should_give_the_costliest_first_to_who_has_least()
    {
        Assert.Equal([[0, 4, 6], [2, 5], [1, 3]], WorkShares.Of([7, 5, 6, 4, 0, 3, 2], 3));
        Assert.Equal([[0, 2, 4], [1, 3]], WorkShares.Of([5, 5, 5, 5, 5], 2));
        Assert.Equal([[0, 2], [1, 3]], WorkShares.Of([0, 0, 0, 0], 2));
        Assert.Equal([[], []], WorkShares.Of([], 2));
        Assert.Equal(1, WorkShares.Imbalance([0, 0], WorkShares.Of([0, 0], 2)));
    }

    [Fact]
    public void Should_cost_what_the_models_products_cost()
    {
        var shape = new Esm2Config(6, 320, 20);
        var cost = SequenceCost.OfTuning(shape, clusters: 64, maskFraction: 0.15);
        const long Residues = 300;
        const double Tokens = Residues + 2;
        var expected = Benchmarks.TrainingFlops.OfStep(shape, [(int)Tokens], 64, masked: (long)(0.15 * Tokens)) / 6;

        Assert.Equal(1, cost.Of((int)Residues) / expected, 0.001);
        Assert.Equal(0, cost.Of(0));
        Assert.True(cost.Of(600) > 2 * cost.Of(300));
    }

    // Lengths as those of proteins: a log-normal distribution with a long tail, squared in part.
    private static long[] Costs(int seed, int count)
    {
        var random = new CounterRandom(17, (ulong)seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var normal = Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6;
            var length = (long)(270 * Math.Exp(0.65 * normal));
            return (1000 * length) + (length * length);
        })];
    }
}
