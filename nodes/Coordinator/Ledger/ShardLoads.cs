namespace Ism.Coordinator.Ledger;

/// <summary>
/// How many leases the node of each shard holds, as far as accepted leases have told where shards are. Sharding sends a chunk to the node of
/// its shard, busy or not; who leases only what that node has room for keeps all nodes at work. What is known may be out of date after
/// a rebalance: then a chunk waits in a queue a little, nothing else.
/// </summary>
/// <param name="shardOf">The shard of a chunk.</param>
internal sealed class ShardLoads(Func<int, int> shardOf)
{
    private readonly Dictionary<int, string> _nodes = [];
    private readonly Dictionary<int, string> _holders = [];
    private readonly Dictionary<string, int> _held = [];

    /// <summary>Whether the chunk's node is not known, or holds fewer leases than this.</summary>
    public bool HasRoom(int chunk, int most) =>
        !_nodes.TryGetValue(shardOf(chunk), out var node) || _held.GetValueOrDefault(node) < most;

    /// <summary>A lease is given: it counts for the node where its shard was last.</summary>
    public void Begin(int chunk)
    {
        if (_nodes.TryGetValue(shardOf(chunk), out var node))
        {
            Hold(chunk, node);
        }
    }

    /// <summary>A node has accepted the lease of a chunk: its shard is there.</summary>
    public void Accepted(int chunk, string node)
    {
        _nodes[shardOf(chunk)] = node;
        if (_holders.GetValueOrDefault(chunk) != node)
        {
            End(chunk);
            Hold(chunk, node);
        }
    }

    /// <summary>A lease has ended.</summary>
    public void End(int chunk)
    {
        if (_holders.Remove(chunk, out var node))
        {
            _held[node]--;
        }
    }

    /// <summary>A node is gone: its shards will be elsewhere.</summary>
    public void Gone(string node)
    {
        foreach (var shard in _nodes.Where(n => n.Value == node).Select(n => n.Key).ToList())
        {
            _nodes.Remove(shard);
        }
    }

    private void Hold(int chunk, string node)
    {
        _holders[chunk] = node;
        _held[node] = _held.GetValueOrDefault(node) + 1;
    }
}
