namespace Ism.Collectives;

/// <summary>A group of one: every operation is done when it is called. Costs nothing.</summary>
public sealed class SingleMember(long generation = 0) : IControlGroup
{
    private string? _aborted;

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int World => 1;

    /// <inheritdoc/>
    public long Generation { get; } = generation;

    /// <inheritdoc/>
    public void AllReduce(nint data, long count, ElementType type, ReduceOp op) => Check(nameof(AllReduce));

    /// <inheritdoc/>
    public void Broadcast(nint data, long count, ElementType type, int root)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(root, 0);
        Check(nameof(Broadcast));
    }

    /// <inheritdoc/>
    public void AllGather(nint data, long count, ElementType type) => Check(nameof(AllGather));

    /// <inheritdoc/>
    public void Barrier() => Check(nameof(Barrier));

    /// <inheritdoc/>
    public void Abort(string reason) => Interlocked.CompareExchange(ref _aborted, reason, null);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    bool IControlGroup.Watch()
    {
        Check(nameof(IControlGroup.Watch));
        return false;
    }

    long[] IControlGroup.Agree(ReadOnlySpan<long> card, TimeSpan within)
    {
        Check(nameof(IControlGroup.Agree));
        return card.ToArray();
    }

    private void Check(string operation)
    {
        if (Volatile.Read(ref _aborted) is { } reason)
        {
            throw new CollectiveException(
                CollectiveFailure.Aborted, Generation, 0, 0, operation, $"rank 0 aborted the group: {reason}");
        }
    }
}
