using Ism.Corpus;
using Ism.GpuTrainer.Samples;

namespace Ism.GpuTrainer.Tests.Samples;

public class FetchPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(40)]
    public void Should_give_every_sample_of_the_global_batch_to_one_rank(int world)
    {
        var batch = new SampleOrder(23, 4, seed: 5, windowChunks: 2).Step(3, 16);
        var shares = Enumerable.Range(0, world).Select(rank => FetchPlan.ShareOf(batch, rank, world)).ToList();

        Assert.Equal(batch, shares.SelectMany(s => s).OrderBy(p => p.GlobalIndex));
        Assert.InRange(shares.Max(s => s.Count) - shares.Min(s => s.Count), 0, 1);
        Assert.All(shares, s => Assert.Equal(s.OrderBy(p => p.GlobalIndex), s));
    }
}
