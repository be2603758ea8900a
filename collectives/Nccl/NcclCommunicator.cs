namespace Ism.Collectives.Nccl;

/// <summary>
/// A communicator with its stream, opened non-blocking: no call waits, and whoever uses it asks for its state. One thread at a
/// time. After <see cref="Abort"/> it is of no more use.
/// </summary>
internal sealed class NcclCommunicator
{
    private readonly NcclLibrary _library;
    private readonly GpuDriver _driver;
    private readonly int _device;
    private nint _comm;
    private nint _stream;
    private nint _before;
    private nint _after;

    /// <summary>Begins to open it; it is open once <see cref="Settled"/> is true.</summary>
    /// <exception cref="GpuException">It cannot be opened.</exception>
    public NcclCommunicator(NcclLibrary library, GpuDriver driver, int device, int world, NcclUniqueId id, int rank)
    {
        (_library, _driver, _device) = (library, driver, device);
        driver.Use(device);
        try
        {
            _stream = driver.CreateStream();
            _before = driver.CreateEvent();
            _after = driver.CreateEvent();
            library.Require(library.CommInitRank(out _comm, world, id, rank), "ncclCommInitRankConfig", _comm);
        }
        catch
        {
            Abort();
            throw;
        }
    }

    /// <summary>The last state asked for.</summary>
    public NcclResult State { get; private set; } = NcclResult.InProgress;

    /// <summary>Whether the last call has been taken in; operations may be on their way still.</summary>
    /// <exception cref="GpuException">The communicator has failed.</exception>
    public bool Settled()
    {
        State = _library.State(_comm);
        _library.Require(State, "ncclCommGetAsyncError", _comm);
        return State == NcclResult.Success;
    }

    /// <summary>Makes the operations wait for all that was queued on the default stream, and gives them to NCCL as one group.
    /// <see cref="Settled"/> must be waited for, then <see cref="Close"/> called.</summary>
    /// <exception cref="GpuException">One of them was refused.</exception>
    public void Begin(Func<NcclLibrary, nint, nint, NcclResult> operations)
    {
        _driver.Use(_device);
        _driver.Record(_before, 0);
        _driver.Wait(_stream, _before);
        _library.Require(_library.GroupStart(), "ncclGroupStart", _comm);
        var result = operations(_library, _comm, _stream);
        var ended = _library.GroupEnd();
        _library.Require(result, "a collective", _comm);
        _library.Require(ended, "ncclGroupEnd", _comm);
    }

    /// <summary>Makes what is queued on the default stream from now on wait for the operations.</summary>
    public void Close()
    {
        _driver.Record(_after, _stream);
        _driver.Wait(0, _after);
    }

    /// <summary>Whether the operations are done.</summary>
    /// <exception cref="GpuException">They, or the communicator, have failed.</exception>
    public bool Done()
    {
        // An operation that failed may leave its stream all the same.
        var done = _driver.IsDone(_after);
        return Settled() && done;
    }

    /// <summary>Ends a communicator whose operations are all done, together with the other ranks.</summary>
    /// <param name="patience">Longest wait for the others; after it, this rank aborts.</param>
    public void Finish(TimeSpan patience)
    {
        try
        {
            _driver.Use(_device);
            _library.Require(_library.CommFinalize(_comm), "ncclCommFinalize", _comm);
            if (SpinWait.SpinUntil(Settled, patience))
            {
                var comm = _comm;
                _comm = 0;
                _ = _library.CommDestroy(comm);
            }
        }
        catch (GpuException)
        {
            // It ends either way.
        }

        Abort();
    }

    /// <summary>Ends it at once, whatever runs. Idempotent.</summary>
    public void Abort()
    {
        if (_comm != 0)
        {
            _ = _library.CommAbort(_comm);
            _comm = 0;
        }

        foreach (var made in (nint[])[_before, _after])
        {
            if (made != 0)
            {
                _driver.DestroyEvent(made);
            }
        }

        if (_stream != 0)
        {
            _driver.DestroyStream(_stream);
        }

        (_stream, _before, _after) = (0, 0, 0);
    }
}
