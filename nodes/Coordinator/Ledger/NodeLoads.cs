namespace Ism.Coordinator.Ledger;

/// <summary>How many leases each node holds, who may be given more, and what nodes have at hand from leases of before.</summary>
internal sealed class NodeLoads
{
    private readonly Dictionary<string, int> _held = [];
    private readonly Dictionary<string, long> _present = [];
    private readonly Dictionary<int, string> _atHand = [];
    private long _given;

    /// <summary>A node may be given leases.</summary>
    public void Present(string node, IEnumerable<int> atHand)
    {
        _present.TryAdd(node, 0);
        foreach (var chunk in atHand)
        {
            _atHand.TryAdd(chunk, node);
        }
    }

    /// <summary>A node is given no more; what it holds still counts until it ends.</summary>
    public void Absent(string node)
    {
        _present.Remove(node);
        foreach (var (chunk, _) in _atHand.Where(a => a.Value == node).ToList())
        {
            _atHand.Remove(chunk);
        }
    }

    /// <summary>Whether a node may be given leases.</summary>
    public bool IsPresent(string node) => _present.ContainsKey(node);

    /// <summary>What nodes have said that they have, once.</summary>
    public IReadOnlyList<(int Chunk, string Node)> TakeAtHand()
    {
        if (_atHand.Count == 0)
        {
            return [];
        }

        var taken = _atHand.Select(a => (a.Key, a.Value)).Order().ToList();
        _atHand.Clear();
        return taken;
    }

    /// <summary>Of the nodes with the fewest leases the one that has waited longest for one; null where all hold <paramref name="most"/>.
    /// </summary>
    public string? Roomiest(int most)
    {
        string? best = null;
        var (fewest, longest) = (most, 0L);
        foreach (var (node, last) in _present)
        {
            var held = _held.GetValueOrDefault(node);
            if (held < fewest || (best is not null && held == fewest && last < longest))
            {
                (best, fewest, longest) = (node, held, last);
            }
        }

        return best;
    }

    /// <summary>A node is given a lease.</summary>
    public void Begin(string node)
    {
        _held[node] = _held.GetValueOrDefault(node) + 1;
        if (_present.ContainsKey(node))
        {
            _present[node] = ++_given;
        }
    }

    /// <summary>A lease of a node has ended.</summary>
    public void End(string node)
    {
        if (--_held[node] == 0)
        {
            _held.Remove(node);
        }
    }
}
