using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit.Xunit2;
using Ism.Cluster.Sharding;

namespace Ism.Cluster.Tests.Sharding;

public sealed class ShardPlacementTests : TestKit
{
    private readonly ShardPlacement _placement = new(ShardAllocationStrategy.LeastShardAllocationStrategy(1, 0.1));

    [Fact]
    public async Task Should_spread_shards_that_are_asked_for_before_the_first_is_known()
    {
        var known = Regions(4, _ => 0);
        var placed = await PlaceAsync(known, 12);

        Assert.All(known.Keys, region => Assert.Equal(3, placed.Count(r => r.Equals(region))));

        // A region that is gone holds nothing up.
        var gone = known.Keys.First();
        Assert.DoesNotContain(gone, await PlaceAsync(known.Remove(gone), 12));
    }

    [Fact]
    public async Task Should_leave_the_old_regions_their_part_of_what_is_placed_when_empty_ones_join()
    {
        const int Old = 4;
        const int Hosted = 60;
        var before = Regions(Old, _ => Hosted);
        await PlaceAsync(before, Old * Hosted);
        var all = before.AddRange(Regions(12, _ => 0));
        var placed = await PlaceAsync(all, 16 * 20);

        // The new ones begin first, but then every region has its sixteenth, within what a new one is given at once.
        Assert.All(all.Keys, region => Assert.InRange(placed.Count(r => r.Equals(region)), 15, 25));
        Assert.DoesNotContain(placed.Take(12), before.ContainsKey);
    }

    [Fact]
    public async Task Should_prefer_the_region_with_fewer_shards_among_those_that_were_given_as_many()
    {
        var known = Regions(4, r => 10 - r);
        Assert.Equal(known.MinBy(r => r.Value.Count).Key, Assert.Single(await PlaceAsync(known, 1)));
    }

    private async Task<List<IActorRef>> PlaceAsync(IImmutableDictionary<IActorRef, IImmutableList<string>> known, int shards)
    {
        var placed = new List<IActorRef>();
        for (var shard = 0; shard < shards; shard++)
        {
            placed.Add(await _placement.AllocateShard(known.Keys.First(), $"{shard}", known));
        }

        return placed;
    }

    private ImmutableDictionary<IActorRef, IImmutableList<string>> Regions(int count, Func<int, int> hosted) =>
        Enumerable.Range(0, count).ToImmutableDictionary(
            _ => (IActorRef)CreateTestProbe().Ref,
            r => (IImmutableList<string>)Enumerable.Range(0, hosted(r)).Select(s => $"{r}-{s}").ToImmutableList());
}
