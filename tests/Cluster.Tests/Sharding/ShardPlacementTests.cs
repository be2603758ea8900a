using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using Ism.Cluster.Sharding;

namespace Ism.Cluster.Tests.Sharding;

public sealed class ShardPlacementTests : TestKit
{
    [Fact]
    public async Task Should_spread_shards_that_are_asked_for_before_the_first_is_known()
    {
        var regions = Enumerable.Range(0, 4).Select(_ => CreateTestProbe().Ref).ToList();
        var placement = new ShardPlacement(ShardAllocationStrategy.LeastShardAllocationStrategy(1, 0.1));
        var known = regions.ToImmutableDictionary(r => r, _ => (IImmutableList<string>)ImmutableList<string>.Empty);
        var placed = new Dictionary<string, IActorRef>();
        for (var shard = 0; shard < 12; shard++)
        {
            placed[$"{shard}"] = await placement.AllocateShard(regions[0], $"{shard}", known);
        }

        Assert.All(regions, region => Assert.Equal(3, placed.Values.Count(r => r.Equals(region))));

        // Now they are known, and the first region has three more: it gets none of the next ones until the others have as many.
        known = regions.ToImmutableDictionary(r => r, r => (IImmutableList<string>)ImmutableList.CreateRange(
            placed.Where(p => p.Value.Equals(r)).Select(p => p.Key).Concat(r.Equals(regions[0]) ? ["a", "b", "c"] : [])));
        for (var shard = 12; shard < 21; shard++)
        {
            Assert.NotEqual(regions[0], await placement.AllocateShard(regions[0], $"{shard}", known));
        }

        // A region that is gone holds nothing up.
        known = known.Remove(regions[1]);
        Assert.NotEqual(regions[1], await placement.AllocateShard(regions[0], "21", known));
    }
}
