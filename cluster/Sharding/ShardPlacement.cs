using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;

namespace Ism.Cluster.Sharding;

/// <summary>
/// Places a shard on the region that has been given the fewest lately, and of these on the one with the fewest in all. A shard is placed when
/// a chunk of it is first wanted, so the shards placed lately are those that trainers ask: were new ones to go to new nodes until these have as many as
/// the old ones, as with Akka's own strategy, the old nodes would have nothing to do meanwhile. That the numbers in all become even is the
/// matter of rebalancing, which is Akka's.
/// </summary>
/// <param name="rebalancing">Decides which shards move.</param>
internal sealed class ShardPlacement(IShardAllocationStrategy rebalancing) : IActorSystemDependentAllocationStrategy
{
    // For each region: about as many as it has chunks at work, so that what a new node is given at once is what it can begin at once.
    private const int Lately = 4;

    private readonly Queue<IActorRef> _placed = new();
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
        var staying = currentShardAllocations.Keys.Where(Stays).ToList();
        IReadOnlyCollection<IActorRef> candidates = staying.Count > 0 ? staying : [.. currentShardAllocations.Keys];
        while (_placed.Count > candidates.Count * Lately)
        {
            _placed.Dequeue();
        }

        // What is being placed is not in the list of all yet, which is replicated first: it counts here.
        var lately = _placed.GroupBy(r => r).ToDictionary(g => g.Key, g => g.Count());
        var chosen = candidates.MinBy(r => (lately.GetValueOrDefault(r), currentShardAllocations[r].Count))!;
        _placed.Enqueue(chosen);
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
