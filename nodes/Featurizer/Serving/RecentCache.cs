namespace Ism.Featurizer.Serving;

/// <summary>Keeps the most recently used values; the oldest is let go when there are too many. For one thread.</summary>
/// <param name="capacity">Values kept.</param>
/// <param name="letGo">Told of a value that is kept no more.</param>
/// <param name="looked">Told of each look whether it found its value; null: nobody.</param>
public sealed class RecentCache<TKey, TValue>(int capacity, Action<TValue> letGo, Action<bool>? looked = null) : IDisposable
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _byUse = new();

    /// <summary>The value of a key, made when it is not kept.</summary>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        var found = _nodes.TryGetValue(key, out var node);
        looked?.Invoke(found);
        if (found)
        {
            _byUse.Remove(node!);
            _byUse.AddFirst(node!);
            return node!.Value.Value;
        }

        var value = make(key);
        _nodes[key] = _byUse.AddFirst((key, value));
        if (_nodes.Count > capacity)
        {
            var oldest = _byUse.Last!.Value;
            _byUse.RemoveLast();
            _nodes.Remove(oldest.Key);
            letGo(oldest.Value);
        }

        return value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, value) in _byUse)
        {
            letGo(value);
        }

        _byUse.Clear();
        _nodes.Clear();
    }
}
