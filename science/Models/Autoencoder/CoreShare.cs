namespace Ism.Models.Autoencoder;

/// <summary>A number of cores that several threads share: no more of them compute at a time. Whoever waits for something else than a core
/// holds none. The encoder's threads, which come again at once, mostly go first; others use what those leave.</summary>
public sealed class CoreShare
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _free;
    private int _busy;

    /// <summary>A share of so many cores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not even one.</exception>
    public CoreShare(int cores)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cores);
        Count = cores;
        _free = new SemaphoreSlim(cores);
    }

    /// <summary>Cores.</summary>
    public int Count { get; }

    /// <summary>The most threads that have computed at a time so far.</summary>
    public int Most { get; private set; }

    /// <summary>Takes a core, when one is free.</summary>
    public void Enter()
    {
        _free.Wait();
        lock (_lock)
        {
            Most = Math.Max(Most, ++_busy);
        }
    }

    /// <summary>Gives it back.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _busy--;
        }

        _free.Release();
    }
}
