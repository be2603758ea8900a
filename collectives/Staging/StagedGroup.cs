using Ism.Collectives.Nccl;

namespace Ism.Collectives.Staging;

/// <summary>
/// The ring for members that compute on GPUs without NCCL: what is in device memory goes through pinned host memory, segment by segment.
/// While the ring adds one segment up, the next ones are fetched from the device and the last ones returned to it, and kernels run beside
/// all of it. An operation comes after what was queued on the device's default stream when the call was made, and before what is queued
/// there later, as with <see cref="NcclGroup"/>.
/// <para>Every member cuts an operation into the same segments, whatever memory its own buffer is in, so some may compute on CPUs. A sum
/// depends on an element's place alone, as the ring's does.</para>
/// </summary>
public sealed class StagedGroup : ICollectiveGroup
{
    /// <summary>Bytes of a segment: large enough for bandwidth, small against a bucket of gradients, so that a bucket's copies overlap with
    /// its own sums.</summary>
    public const int DefaultSegmentBytes = 8 << 20;

    private const int SlotsOfDevice = 3;

    private readonly IControlGroup _control;
    private readonly Func<nint, bool> _isDevice;
    private readonly int _segmentBytes;
    private readonly IStagingCopies? _device;
    private readonly Lazy<IStagingCopies> _host;
    private readonly NcclPatience _patience;
    private readonly Lock _gate = new();
    private string? _abort;
    private CollectiveException? _failed;
    private bool _disposed;

    internal StagedGroup(
        IControlGroup control, IStagingCopies? device, Func<nint, bool> isDevice, TimeSpan deadline, int segmentBytes = DefaultSegmentBytes)
    {
        (_control, _device, _isDevice, _segmentBytes) = (control, device, isDevice, segmentBytes);
        _host = new(() => new HostCopies(segmentBytes));
        _patience = new(control, deadline, () => Volatile.Read(ref _abort));
    }

    /// <inheritdoc/>
    public int Rank => _control.Rank;

    /// <inheritdoc/>
    public int World => _control.World;

    /// <inheritdoc/>
    public long Generation => _control.Generation;

    /// <summary>Puts staging before a ring. If one member has it, all must.</summary>
    /// <param name="control">The ring; the new group owns it, also when this throws.</param>
    /// <param name="driver">The GPU's driver; null where this member computes on the CPU.</param>
    /// <param name="device">This member's device.</param>
    /// <param name="deadline">The ring's; half of it is left to a copy and what was queued before it, so that whose GPU stands still is known before the others
    /// give up.</param>
    /// <param name="segmentBytes">The same on all members.</param>
    /// <exception cref="GpuException">The device gives no stream or no pinned memory.</exception>
    public static StagedGroup Open(
        ICollectiveGroup control, GpuDriver? driver, int device, TimeSpan deadline, int segmentBytes = DefaultSegmentBytes)
    {
        ArgumentNullException.ThrowIfNull(control);
        try
        {
            return driver is null
                ? new((IControlGroup)control, null, _ => false, deadline, segmentBytes)
                : new((IControlGroup)control, new GpuCopies(driver, device, SlotsOfDevice, segmentBytes), driver.IsDeviceMemory, deadline,
                    segmentBytes);
        }
        catch
        {
            control.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void AllReduce(nint data, long count, ElementType type, ReduceOp op)
    {
        if (type == ElementType.UInt8)
        {
            throw new NotSupportedException("bytes are moved, not reduced; use BFloat16, Float32, Float64 or Int64");
        }

        Run(data, count, type, 1, direct: () => _control.AllReduce(data, count, type, op), new(
            (copies, slot, start, bytes) => copies.Fetch(slot, 0, (nint)(data + start), bytes),
            (host, elements) => _control.AllReduce(host, elements, type, op),
            (copies, slot, start, bytes) => copies.Return(slot, 0, (nint)(data + start), bytes)));
    }

    /// <inheritdoc/>
    public void Broadcast(nint data, long count, ElementType type, int root)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, World);
        Run(data, count, type, 1, direct: () => _control.Broadcast(data, count, type, root), new(
            (copies, slot, start, bytes) => copies.Fetch(slot, 0, (nint)(data + start), root == Rank ? bytes : 0),
            (host, elements) => _control.Broadcast(host, elements, type, root),
            (copies, slot, start, bytes) => copies.Return(slot, 0, (nint)(data + start), root == Rank ? 0 : bytes)));
    }

    /// <inheritdoc/>
    public void AllGather(nint data, long count, ElementType type)
    {
        var block = count * type.Size();
        Run(data, count, type, World, direct: () => _control.AllGather(data, count, type), new(
            (copies, slot, start, bytes) => copies.Fetch(slot, Rank * bytes, (nint)(data + (Rank * block) + start), bytes),
            (host, elements) => _control.AllGather(host, elements, type),
            (copies, slot, start, bytes) =>
            {
                for (var rank = 0; rank < World; rank++)
                {
                    copies.Return(slot, rank * bytes, (nint)(data + (rank * block) + start), rank == Rank ? 0 : bytes);
                }
            }));
    }

    /// <inheritdoc/>
    public void Barrier() => _control.Barrier();

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _abort, reason, null);
        _control.Abort(reason);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.CompareExchange(ref _abort, "the group was disposed", null);
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _device?.Dispose();
                if (_host.IsValueCreated)
                {
                    _host.Value.Dispose();
                }

                _control.Dispose();
            }
        }
    }

    // A segment has `blocks` pieces of the same length in a slot. Members agree on the cut, since it follows from count, type and World.
    private void Run(nint data, long count, ElementType type, int blocks, Action direct, Parts parts)
    {
        var onDevice = count > 0 && _isDevice(data);
        var elements = Math.Max(1, _segmentBytes / (type.Size() * blocks));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!onDevice && count <= elements)
            {
                direct();
            }
            else
            {
                var copies = onDevice ? _device! : _host.Value;
                Guarded(copies, () => Pipeline(copies, count, elements, type.Size(), parts));
            }
        }
    }

    private void Pipeline(IStagingCopies copies, long count, long elements, int size, Parts parts)
    {
        var segments = (count + elements - 1) / elements;
        copies.Begin();
        for (long segment = 0; segment < Math.Min(copies.Slots, segments); segment++)
        {
            Fetch(segment);
        }

        for (long segment = 0; segment < segments; segment++)
        {
            var slot = (int)(segment % copies.Slots);
            Await(() => copies.IsFetched(slot));
            parts.Ring(copies.Slot(slot), Elements(segment));
            parts.Return(copies, slot, segment * elements * size, Elements(segment) * size);
            copies.EndReturn(slot);
            if (segment + copies.Slots < segments)
            {
                Fetch(segment + copies.Slots);
            }
        }

        copies.End();
        Await(copies.IsIdle);

        long Elements(long segment) => Math.Min(elements, count - (segment * elements));

        void Fetch(long segment)
        {
            var slot = (int)(segment % copies.Slots);
            parts.Fetch(copies, slot, segment * elements * size, Elements(segment) * size);
            copies.EndFetch(slot);
        }
    }

    private void Await(Func<bool> done)
    {
        if (!done() && _patience.Until(done) is { } why)
        {
            throw new GpuException($"a copy between device and host is {why}: the GPU stands still, or cluster.collectiveSeconds is too short");
        }
    }

    private void Guarded(IStagingCopies copies, Action body)
    {
        if (_failed is { } before)
        {
            throw new CollectiveException(before.Failure, Generation, Rank, before.Peer, before.Operation, before.Message, before);
        }

        try
        {
            body();
        }
        catch (CollectiveException known)
        {
            _failed = known;
            Drain(copies);
            throw;
        }
        catch (Exception local) when (local is GpuException or NcclAbortedException)
        {
            _control.Abort(local.Message);
            Drain(copies);
            throw _failed = new(
                CollectiveFailure.Aborted, Generation, Rank, Rank, $"of {World}, staging through host memory", local.Message, local);
        }
    }

    // The caller may free its buffer once this has thrown.
    private void Drain(IStagingCopies copies)
    {
        try
        {
            _ = SpinWait.SpinUntil(copies.IsIdle, _patience.Half);
        }
        catch (GpuException)
        {
            // What failed before fails again.
        }
    }

    // The copies of a segment, given its first byte and its bytes within a block, and what the ring does with it.
    private sealed record Parts(
        Action<IStagingCopies, int, long, long> Fetch, Action<nint, long> Ring, Action<IStagingCopies, int, long, long> Return);
}
