namespace Ism.Collectives;

/// <summary>The operations of a group over spans.</summary>
public static class CollectiveGroupSpans
{
    /// <inheritdoc cref="ICollectiveGroup.AllReduce"/>
    public static unsafe void AllReduce<T>(this ICollectiveGroup group, Span<T> data, ReduceOp op = ReduceOp.Sum)
        where T : unmanaged
    {
        fixed (T* pointer = data)
        {
            group.AllReduce((nint)pointer, data.Length, ElementTypes.Of<T>(), op);
        }
    }

    /// <inheritdoc cref="ICollectiveGroup.Broadcast"/>
    public static unsafe void Broadcast<T>(this ICollectiveGroup group, Span<T> data, int root) where T : unmanaged
    {
        fixed (T* pointer = data)
        {
            group.Broadcast((nint)pointer, data.Length, ElementTypes.Of<T>(), root);
        }
    }

    /// <summary>Every rank's block, in rank order: World * block.Length elements. Blocks have the same length on every
    /// rank.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.AllReduce"/>.</exception>
    public static unsafe T[] AllGather<T>(this ICollectiveGroup group, ReadOnlySpan<T> block) where T : unmanaged
    {
        var all = new T[block.Length * group.World];
        block.CopyTo(all.AsSpan(block.Length * group.Rank));
        fixed (T* pointer = all)
        {
            group.AllGather((nint)pointer, block.Length, ElementTypes.Of<T>());
        }

        return all;
    }
}
