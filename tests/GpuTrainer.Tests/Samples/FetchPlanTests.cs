using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Samples;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Tests.Samples;

public class FetchPlanTests
{
    private static readonly SampleOrder Order = new(23, 4, seed: 5, windowChunks: 2);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(40)]
    public void Should_give_every_sample_of_the_global_batch_to_one_rank(int world)
    {
        var batch = Order.Step(3, 16);
        var shares = Enumerable.Range(0, world).Select(rank => Plan(rank, world).ShareByCount(batch)).ToList();

        Assert.Equal(batch, shares.SelectMany(s => s).OrderBy(p => p.GlobalIndex));
        Assert.InRange(shares.Max(s => s.Count) - shares.Min(s => s.Count), 0, 1);
        Assert.All(shares, s => Assert.Equal(s.OrderBy(p => p.GlobalIndex), s));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(40)]
    public void Should_share_the_same_samples_out_by_cost_with_one_plan(int world)
    {
        var batch = Order.Step(3, 16);
        int[] lengths = [.. batch.Select(p => new CounterRandom(p.DrawKey, 3).NextInt32(4) * 50)];
        var shares = Enumerable.Range(0, world).Select(rank => Plan(rank, world).ShareByCost(batch, lengths)).ToList();

        Assert.Contains(0, lengths);
        Assert.Equal(batch, shares.SelectMany(s => s.Share).OrderBy(p => p.GlobalIndex));
        Assert.All(shares, s => Assert.Equal(s.Share.OrderBy(p => p.GlobalIndex), s.Share));
        Assert.Single(shares.Select(s => s.Plan).Distinct());
        lengths[5]++;
        Assert.NotEqual(shares[0].Plan, Plan(0, world).ShareByCost(batch, lengths).Plan);
    }

    [Fact]
    public void Should_need_no_lengths_for_one_rank() =>
        Assert.Equal((false, true, false), (Plan(0, 1).ByCost, Plan(0, 2).ByCost, (Plan(0, 2) with { Cost = null }).ByCost));

    private static FetchPlan Plan(int rank, int world) => new()
    {
        Catalogue = "corpus-1234",
        Kind = SampleKind.Tokens,
        Limit = 200,
        FirstStep = 0,
        EndStep = 10,
        Batch = step => Order.Step(step, 16),
        Rank = rank,
        World = world,
        Cost = length => 1000 + (length * length),
        Prefetch = 2,
    };
}
