namespace Ism.Collectives.Ring;

/// <summary>A run of bytes in the caller's buffer. <c>Reduce</c>: what is received is reduced into it, otherwise it is
/// replaced.</summary>
internal readonly record struct RingSegment(nint Address, int Bytes, bool Reduce);

/// <summary>
/// What one rank sends to the next rank and receives from the previous one in an operation, in order, cut into segments so that a
/// segment is passed on while the one behind it still arrives. Send j may start when <see cref="ReceivesBeforeSend"/> segments
/// are in.</summary>
internal abstract class RingPlan
{
    /// <summary>Segments this rank sends.</summary>
    public abstract int Sends { get; }

    /// <summary>Segments this rank receives.</summary>
    public abstract int Receives { get; }

    public abstract RingSegment Send(int index);

    public abstract RingSegment Receive(int index);

    public abstract int ReceivesBeforeSend(int index);
}

/// <summary>
/// Blocks of a buffer, each cut into the same number of segments, that travel round the ring: block b starts at
/// <c>Offset(b)</c>. Shared by all-reduce and all-gather.
/// </summary>
internal abstract class BlockPlan : RingPlan
{
    private readonly nint _data;
    private readonly long _segmentElements;
    private readonly int _elementSize;
    private readonly int _segments;

    protected BlockPlan(
        nint data, long count, int elementSize, int segmentBytes, int rank, int world, long longestBlock, int steps)
    {
        Count = count;
        _data = data;
        _elementSize = elementSize;
        _segmentElements = Math.Max(1, segmentBytes / elementSize);
        _segments = checked((int)Math.Max(1, (longestBlock + _segmentElements - 1) / _segmentElements));
        Rank = rank;
        World = world;
        Sends = checked(steps * _segments);
    }

    public sealed override int Sends { get; }

    public sealed override int Receives => Sends;

    protected long Count { get; }

    protected int Rank { get; }

    protected int World { get; }

    public sealed override RingSegment Send(int index)
    {
        var (step, segment) = Math.DivRem(index, _segments);
        return Segment(Modulo(Rank - step), segment, false);
    }

    public sealed override RingSegment Receive(int index)
    {
        var (step, segment) = Math.DivRem(index, _segments);
        return Segment(Modulo(Rank - step - 1), segment, Reduces(step));
    }

    // What is sent in a step was received in the step before it.
    public sealed override int ReceivesBeforeSend(int index) => Math.Max(0, index - _segments + 1);

    protected abstract long Offset(int block);

    protected abstract bool Reduces(int step);

    private int Modulo(int block) => ((block % World) + World) % World;

    private RingSegment Segment(int block, int segment, bool reduce)
    {
        var start = Offset(block);
        var length = Offset(block + 1) - start;
        var from = Math.Min(length, segment * _segmentElements);
        var to = Math.Min(length, from + _segmentElements);
        return new((nint)(_data + ((start + from) * _elementSize)), (int)((to - from) * _elementSize), reduce);
    }
}

/// <summary>
/// Reduce-scatter, then all-gather (Patarasuk and Yuan 2009): 2 (World - 1) steps, each moving 1/World of the buffer. The sum of
/// a block starts at the rank with its number and goes round, so its order depends on nothing but the element's place.
/// </summary>
internal sealed class AllReducePlan(nint data, long count, int elementSize, int segmentBytes, int rank, int world)
    : BlockPlan(data, count, elementSize, segmentBytes, rank, world, (count + world - 1) / world, 2 * (world - 1))
{
    protected override long Offset(int block)
    {
        var (each, rest) = Math.DivRem(Count, World);
        return (each * block) + Math.Min(block, rest);
    }

    protected override bool Reduces(int step) => step < World - 1;
}

/// <summary>World blocks of <c>count</c> elements each; World - 1 steps.</summary>
internal sealed class AllGatherPlan(nint data, long count, int elementSize, int segmentBytes, int rank, int world)
    : BlockPlan(data, count, elementSize, segmentBytes, rank, world, count, world - 1)
{
    protected override long Offset(int block) => Count * block;

    protected override bool Reduces(int step) => false;
}

/// <summary>The root's buffer passed along the ring, segment by segment; the rank before the root passes nothing on.</summary>
internal sealed class BroadcastPlan : RingPlan
{
    private readonly nint _data;
    private readonly long _bytes;
    private readonly int _segmentBytes;
    private readonly bool _root;

    public BroadcastPlan(nint data, long count, int elementSize, int segmentBytes, int rank, int world, int root)
    {
        _data = data;
        _bytes = count * elementSize;
        _segmentBytes = segmentBytes;
        _root = rank == root;
        var segments = checked((int)Math.Max(1, (_bytes + segmentBytes - 1) / segmentBytes));
        Receives = _root ? 0 : segments;
        Sends = (rank + 1) % world == root ? 0 : segments;
    }

    public override int Sends { get; }

    public override int Receives { get; }

    public override RingSegment Send(int index) => Receive(index);

    public override RingSegment Receive(int index)
    {
        var from = Math.Min(_bytes, (long)index * _segmentBytes);
        return new((nint)(_data + from), (int)(Math.Min(_bytes, from + _segmentBytes) - from), false);
    }

    public override int ReceivesBeforeSend(int index) => _root ? 0 : index + 1;
}

/// <summary>Nothing to send and nothing to receive: between operations.</summary>
internal sealed class EmptyPlan : RingPlan
{
    public static readonly EmptyPlan Instance = new();

    public override int Sends => 0;

    public override int Receives => 0;

    public override RingSegment Send(int index) => default;

    public override RingSegment Receive(int index) => default;

    public override int ReceivesBeforeSend(int index) => 0;
}
