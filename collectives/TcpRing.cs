using System.Net.Sockets;
using Ism.Collectives.Ring;

namespace Ism.Collectives;

/// <summary>
/// A group over TCP, each rank connected to the two beside it. Bandwidth-optimal for large buffers; every rank gets the same
/// bits. The deadline is the longest time without a byte moving. Made by <see cref="TcpRingListener.Connect"/>.
/// </summary>
public sealed class TcpRing : IControlGroup
{
    private readonly RingMembership _me;
    private readonly RingLink _link;
    private readonly Func<string?> _abortReason;
    private readonly Lock _gate = new();
    private string? _abort;
    private CollectiveException? _failed;
    private uint _number;
    private bool _disposed;

    internal TcpRing(Socket next, Socket previous, RingMembership me, TimeSpan deadline)
    {
        _me = me;
        _link = new(next, previous, me, deadline);
        _abortReason = () => Volatile.Read(ref _abort);
    }

    /// <inheritdoc/>
    public int Rank => _me.Rank;

    /// <inheritdoc/>
    public int World => _me.World;

    /// <inheritdoc/>
    public long Generation => _me.Generation;

    /// <inheritdoc/>
    public void AllReduce(nint data, long count, ElementType type, ReduceOp op)
    {
        if (type == ElementType.UInt8)
        {
            throw new NotSupportedException("bytes are moved, not reduced; use BFloat16, Float32, Float64 or Int64");
        }

        Run(RingOperation.AllReduce, type, op, 0, count,
            new AllReducePlan(data, count, type.Size(), RingLink.SegmentBytes, Rank, World));
    }

    /// <inheritdoc/>
    public void Broadcast(nint data, long count, ElementType type, int root)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, World);
        Run(RingOperation.Broadcast, type, 0, root, count,
            new BroadcastPlan(data, count, type.Size(), RingLink.SegmentBytes, Rank, World, root));
    }

    /// <inheritdoc/>
    public void AllGather(nint data, long count, ElementType type) => Run(
        RingOperation.AllGather, type, 0, 0, count,
        new AllGatherPlan(data, count, type.Size(), RingLink.SegmentBytes, Rank, World));

    /// <inheritdoc/>
    public void Barrier() => Run(
        RingOperation.Barrier, ElementType.UInt8, 0, 0, 0, new AllReducePlan(0, 0, 1, RingLink.SegmentBytes, Rank, World));

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _abort, reason, null);
        TellAbort();
    }

    /// <summary>Closes the connections. Peers that are still in an operation with this rank lose it.</summary>
    public void Dispose()
    {
        Interlocked.CompareExchange(ref _abort, "the group was disposed", null);
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _link.Dispose();
            }
        }
    }

    bool IControlGroup.Watch() => Guarded(_link.Watch);

    unsafe long[] IControlGroup.Agree(ReadOnlySpan<long> card, TimeSpan within)
    {
        var cards = new long[card.Length * World];
        card.CopyTo(cards.AsSpan(card.Length * Rank));
        fixed (long* pointer = cards)
        {
            Guarded(() =>
            {
                _link.AskPrevious();
                return true;
            });
            Run(RingOperation.Agreement, ElementType.Int64, 0, 0, card.Length,
                new AllGatherPlan((nint)pointer, card.Length, sizeof(long), RingLink.SegmentBytes, Rank, World), within);
        }

        return cards;
    }

    private void Run(
        RingOperation operation, ElementType type, ReduceOp op, int root, long count, RingPlan plan, TimeSpan? within = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Guarded(() =>
        {
            _link.Run(new(operation, type, op, (byte)root, ++_number, count), plan, _abortReason, within);
            return true;
        });
    }

    private T Guarded<T>(Func<T> body)
    {
        T result;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            TellAbort();
            if (_failed is { } before)
            {
                throw new CollectiveException(
                    before.Failure, Generation, Rank, before.Peer, before.Operation, before.Message, before);
            }

            try
            {
                result = body();
            }
            catch (CollectiveException failed)
            {
                _failed = failed;
                _link.Tell(failed.Peer ?? Rank, Cause(failed));
                throw;
            }
        }

        // Asked for while the operation was ending.
        if (Volatile.Read(ref _abort) is not null)
        {
            TellAbort();
        }

        return result;
    }

    // What is passed on is the first failure's own words, not each rank's wrapping of it.
    private static string Cause(CollectiveException failed) =>
        failed.Message[(failed.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    private void TellAbort()
    {
        if (Volatile.Read(ref _abort) is not { } reason || !_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (_failed is null && !_disposed)
            {
                var cause = $"rank {Rank} aborted the group: {reason}";
                _failed = new(CollectiveFailure.Aborted, Generation, Rank, Rank, $"of {World}, {_link.Call}", cause);
                _link.Tell(Rank, cause);
            }
        }
        finally
        {
            _gate.Exit();
        }
    }
}
