using Ism.Collectives.Nccl;

namespace Ism.Collectives.Staging;

/// <summary>
/// For buffers in device memory: slots of pinned host memory, a stream for each direction beside the default one, events between them.
/// Copies overlap with kernels, with each other's direction and with what the host does.
/// </summary>
internal sealed class GpuCopies : IStagingCopies
{
    // A copy that does not end keeps its memory: freeing it would wait, or worse.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    private readonly GpuDriver _driver;
    private readonly int _device;
    private readonly nint[] _slots;
    private readonly nint[] _fetched;
    private readonly nint[] _returned;
    private readonly nint _before;
    private nint _fetching;
    private nint _returning;

    public GpuCopies(GpuDriver driver, int device, int slots, long slotBytes)
    {
        (_driver, _device) = (driver, device);
        (_slots, _fetched, _returned) = (new nint[slots], new nint[slots], new nint[slots]);
        driver.Use(device);
        try
        {
            (_fetching, _returning, _before) = (driver.CreateStream(), driver.CreateStream(), driver.CreateEvent());
            for (var slot = 0; slot < slots; slot++)
            {
                _slots[slot] = driver.AllocateHost(slotBytes);
                _fetched[slot] = driver.CreateEvent();
                _returned[slot] = driver.CreateEvent();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Slots => _slots.Length;

    public nint Slot(int slot) => _slots[slot];

    public void Begin()
    {
        _driver.Use(_device);
        _driver.Record(_before, 0);
        _driver.Wait(_fetching, _before);

        // A buffer may still be read by a kernel that was queued before.
        _driver.Wait(_returning, _before);
    }

    public void Fetch(int slot, long offset, nint from, long bytes)
    {
        // An event that was never recorded counts as past.
        _driver.Wait(_fetching, _returned[slot]);
        if (bytes > 0)
        {
            _driver.CopyToHost((nint)(_slots[slot] + offset), from, bytes, _fetching);
        }
    }

    public void EndFetch(int slot) => _driver.Record(_fetched[slot], _fetching);

    public bool IsFetched(int slot) => _driver.IsDone(_fetched[slot]);

    public void Return(int slot, long offset, nint to, long bytes)
    {
        if (bytes > 0)
        {
            _driver.CopyToDevice(to, (nint)(_slots[slot] + offset), bytes, _returning);
        }
    }

    public void EndReturn(int slot) => _driver.Record(_returned[slot], _returning);

    // Copies out are done in order, so waiting for each slot's last one waits for all.
    public void End() => Array.ForEach(_returned, returned => _driver.Wait(0, returned));

    public bool IsIdle() => Array.TrueForAll(_fetched, _driver.IsDone) && Array.TrueForAll(_returned, _driver.IsDone);

    public void Dispose()
    {
        if (_fetching == 0)
        {
            return;
        }

        try
        {
            _driver.Use(_device);
            var idle = SpinWait.SpinUntil(() => _returned[^1] == 0 || IsIdle(), LongestFarewell);
            foreach (var slot in _slots.Where(slot => slot != 0 && idle))
            {
                _driver.FreeHost(slot);
            }
        }
        catch (GpuException)
        {
            // A device that has failed gives nothing back; the process's end does.
        }

        foreach (var made in (nint[])[_before, .. _fetched, .. _returned])
        {
            if (made != 0)
            {
                _driver.DestroyEvent(made);
            }
        }

        foreach (var stream in (nint[])[_fetching, _returning])
        {
            if (stream != 0)
            {
                _driver.DestroyStream(stream);
            }
        }

        (_fetching, _returning) = (0, 0);
    }
}
