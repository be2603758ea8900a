using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;

namespace Ism.Cluster.Sharding;

/// <summary>
/// Places a shard on the region with the fewest, those included that were placed a moment ago: Akka's own strategy does not know of them
/// until they are replicated, and puts all shards that are asked for meanwhile on the same region. Rebalances as Akka's does.
/// </summary>
/// <param name="rebalancing">Decides which shards move.</param>
internal sealed class ShardPlacement(IShardAllocationStrategy rebalancing) : IActorSystemDependentAllocationStrategy
{
    private readonly Dictionary<string, IActorRef> _placed = [];
    private Akka.Cluster.Cluster? _cluster;

    /// <inheritdoc/>
    public void Start(ActorSystem system)
    {
        _cluster = Akka.Cluster.Cluster.Get(system);
        (rebalancing as IActorSystemDependentAllocationStrategy)?.Start(system);
    }

    /// <inheritdoc/>
    public Task<IActorRef> AllocateShard(
        IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
    {
        // What has arrived in the list is counted there; what went to a region that is gone counts nowhere.
        foreach (var shard in currentShardAllocations.Values.SelectMany(shards => shards))
        {
            _placed.Remove(shard);
        }

        var counts = currentShardAllocations.ToDictionary(r => r.Key, r => r.Value.Count);
        foreach (var region in _placed.Values.Where(counts.ContainsKey))
        {
            counts[region]++;
        }

        var staying = counts.Where(r => Stays(r.Key)).ToList();
        var chosen = (staying.Count > 0 ? staying : [.. counts]).MinBy(r => r.Value).Key;
        _placed[shardId] = chosen;
        return Task.FromResult(chosen);
    }

    /// <inheritdoc/>
    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations, IImmutableSet<string> rebalanceInProgress) =>
        rebalancing.Rebalance(currentShardAllocations, rebalanceInProgress);

    // A node that is leaving gets no more.
    private bool Stays(IActorRef region)
    {
        if (_cluster is null)
        {
            return true;
        }

        var address = region.Path.Address.HasGlobalScope ? region.Path.Address : _cluster.SelfAddress;
        return _cluster.State.Members.Any(m => m.Status == MemberStatus.Up && m.Address == address);
    }
}
