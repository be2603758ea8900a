namespace Ism.Collectives.Nccl;

/// <summary>A run of elements in device memory.</summary>
public readonly record struct DeviceBuffer(nint Data, long Count);

/// <summary>
/// A group over NCCL (or RCCL). What is in device memory goes through NCCL, on a stream of its own: after everything that was
/// queued on the device's default stream when the call was made, and before what is queued there later; kernels queued meanwhile
/// by another thread run beside it. What is in host memory, and barriers, go over the control group: the TCP ring of the same
/// generation, which has also handed out the unique id, checked membership and version, and says who is lost or late.
/// <para>An operation that fails or stalls ends on every rank by ncclCommAbort within the deadline. The group is then of no more
/// use; the next generation makes a new communicator from a new id.</para>
/// <para>All ranks must have an operation's buffer in the same kind of memory.</para>
/// </summary>
public sealed class NcclGroup : ICollectiveGroup
{
    private const string Disposed = "the group was disposed";

    // The others end theirs at about the same time, unless they failed.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    private readonly IControlGroup _control;
    private readonly NcclCommunicator _communicator;
    private readonly GpuDriver _driver;
    private readonly NcclPatience _patience;
    private readonly NcclBlame _blame;
    private readonly Lock _gate = new();
    private string? _abort;
    private CollectiveException? _failed;
    private long _number;
    private bool _disposed;

    private NcclGroup(ICollectiveGroup control, NcclLibrary library, GpuDriver driver, int device, TimeSpan deadline)
    {
        _control = (IControlGroup)control;
        _driver = driver;
        _patience = new(_control, deadline, () => Volatile.Read(ref _abort));
        _blame = new(_control, _patience.Half);
        var call = new NcclCall("opening the communicator", 0);
        _communicator = Guarded(call, () =>
        {
            var id = Rank == 0 ? library.GetUniqueId() : default;
            HandOut(ref id);
            return new NcclCommunicator(library, driver, device, World, id, Rank);
        });
        lock (_gate)
        {
            Guarded(call, () => Until(call, _communicator.Settled));
        }
    }

    /// <inheritdoc/>
    public int Rank => _control.Rank;

    /// <inheritdoc/>
    public int World => _control.World;

    /// <inheritdoc/>
    public long Generation => _control.Generation;

    /// <summary>Makes the communicator of a generation. All ranks of the control group call this together.</summary>
    /// <param name="control">A <see cref="TcpRing"/> or <see cref="SingleMember"/>; the new group owns it, also when this
    /// throws.</param>
    /// <param name="library">NCCL, of the same version on all ranks.</param>
    /// <param name="driver">The GPU's driver.</param>
    /// <param name="device">This rank's device; another one on each rank.</param>
    /// <param name="deadline">Longest time until a stall is found, named and ended.</param>
    /// <exception cref="CollectiveException">A member failed or did not come.</exception>
    public static NcclGroup Open(
        ICollectiveGroup control, NcclLibrary library, GpuDriver driver, int device, TimeSpan deadline)
    {
        try
        {
            return new(control, library, driver, device, deadline);
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
        if (count > 0 && _driver.IsDeviceMemory(data))
        {
            AllReduce([new(data, count)], type, op);
        }
        else
        {
            OnHost(() => _control.AllReduce(data, count, type, op));
        }
    }

    /// <summary>Reduces several buffers in device memory as one operation of NCCL (a group call): small ones then cost one start
    /// together.</summary>
    /// <exception cref="CollectiveException">As <see cref="ICollectiveGroup.AllReduce"/>.</exception>
    public void AllReduce(IReadOnlyList<DeviceBuffer> buffers, ElementType type, ReduceOp op)
    {
        if (type == ElementType.UInt8)
        {
            throw new NotSupportedException("bytes are moved, not reduced; use BFloat16, Float32, Float64 or Int64");
        }

        OnDevice($"AllReduce ({op}) of {type}", buffers.Sum(b => b.Count), (library, comm, stream) => buffers
            .Select(b => library.AllReduce(b.Data, b.Count, type, op, comm, stream))
            .FirstOrDefault(result => result is not (NcclResult.Success or NcclResult.InProgress)));
    }

    /// <inheritdoc/>
    public void Broadcast(nint data, long count, ElementType type, int root)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, World);
        if (count > 0 && _driver.IsDeviceMemory(data))
        {
            OnDevice($"Broadcast from rank {root} of {type}", count, (library, comm, stream) =>
                library.Broadcast(data, count, type, root, comm, stream));
        }
        else
        {
            OnHost(() => _control.Broadcast(data, count, type, root));
        }
    }

    /// <inheritdoc/>
    public void AllGather(nint data, long count, ElementType type)
    {
        if (count > 0 && _driver.IsDeviceMemory(data))
        {
            OnDevice($"AllGather of {type}", count, (library, comm, stream) =>
                library.AllGather(data, count, type, Rank, comm, stream));
        }
        else
        {
            OnHost(() => _control.AllGather(data, count, type));
        }
    }

    /// <inheritdoc/>
    public void Barrier() => OnHost(_control.Barrier);

    /// <inheritdoc/>
    public void Abort(string reason)
    {
        // The thread inside an operation sees it there and ends NCCL's part: nobody else may be in the library meanwhile.
        Interlocked.CompareExchange(ref _abort, reason, null);
        _control.Abort(reason);
    }

    /// <summary>Ends the communicator, with the others where they end theirs, and closes the control group.</summary>
    public void Dispose()
    {
        Interlocked.CompareExchange(ref _abort, Disposed, null);
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_failed is null && _abort == Disposed)
            {
                _communicator.Finish(LongestFarewell < _patience.Half ? LongestFarewell : _patience.Half);
            }
            else
            {
                _communicator.Abort();
            }

            _control.Dispose();
        }
    }

    private NcclResult State => _communicator?.State ?? NcclResult.Success;

    private void OnHost(Action operation)
    {
        lock (_gate)
        {
            Check();
            operation();
        }
    }

    private void OnDevice(string what, long count, Func<NcclLibrary, nint, nint, NcclResult> operations)
    {
        lock (_gate)
        {
            Check();
            var call = new NcclCall($"{what}, {count} elements", ++_number);
            Guarded(call, () =>
            {
                _communicator.Begin(operations);
                Until(call, _communicator.Settled);
                _communicator.Close();
                return Until(call, _communicator.Done);
            });
        }
    }

    private bool Until(NcclCall call, Func<bool> done) =>
        _patience.Until(done) is { } why ? throw _blame.OfStall(call, why, State) : true;

    private T Guarded<T>(NcclCall call, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (CollectiveException known)
        {
            throw Ended(known);
        }
        catch (NcclAbortedException told)
        {
            throw Ended(_blame.OfThis(call, $"rank {Rank} aborted the group: {told.Message}"));
        }
        catch (GpuException local)
        {
            throw Ended(_blame.OfError(call, local, State));
        }
    }

    private CollectiveException Ended(CollectiveException failure)
    {
        _failed ??= failure;
        _communicator?.Abort();
        return failure;
    }

    private void Check()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failed is { } before)
        {
            throw new CollectiveException(
                before.Failure, Generation, Rank, before.Peer, before.Operation, before.Message, before);
        }
    }

    private unsafe void HandOut(ref NcclUniqueId id)
    {
        fixed (byte* bytes = id.Bytes)
        {
            _control.Broadcast((nint)bytes, NcclUniqueId.Size, ElementType.UInt8, 0);
        }
    }
}
