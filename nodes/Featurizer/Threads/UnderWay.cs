namespace Ism.Featurizer.Threads;

/// <summary>What one worker is busy with that may take no longer than a limit: one thing on its own thread, and one on that which reads ahead
/// for it. The worker says so; a watchdog looks. Thread-safe.</summary>
public sealed class UnderWay
{
    private readonly Lock _lock = new();
    private readonly (string? What, TimeSpan For)[] _slots = new (string?, TimeSpan)[2];
    private bool _abandoned;

    /// <summary>The worker has been given up: what it still does counts for nothing.</summary>
    public bool Abandoned
    {
        get
        {
            lock (_lock)
            {
                return _abandoned;
            }
        }
    }

    /// <summary>Something begins, or goes on so visibly that its time counts from now.</summary>
    /// <exception cref="AbandonedException">The worker has been given up.</exception>
    public void Begin(string what) => Set(0, what);

    /// <summary>Nothing that has a limit is under way on the worker's own thread.</summary>
    /// <exception cref="AbandonedException">The worker has been given up.</exception>
    public void End() => Set(0, null);

    /// <summary>As <see cref="Begin"/>, for what is read ahead.</summary>
    /// <exception cref="AbandonedException">The worker has been given up.</exception>
    public void BeginReading(string what) => Set(1, what);

    /// <summary>As <see cref="End"/>, for what is read ahead.</summary>
    /// <exception cref="AbandonedException">The worker has been given up.</exception>
    public void EndReading() => Set(1, null);

    /// <summary>Nothing at all is under way: from here to the next beginning the worker is not given up. False when it has been.</summary>
    internal bool TryEnd()
    {
        lock (_lock)
        {
            Array.Clear(_slots);
            return !_abandoned;
        }
    }

    /// <summary>Time has passed. Returns what has taken too long, once: the worker is given up.</summary>
    internal string? Pass(TimeSpan time, TimeSpan limit)
    {
        lock (_lock)
        {
            foreach (ref var slot in _slots.AsSpan())
            {
                if (slot.What is not null && !_abandoned)
                {
                    slot.For += time;
                    if (slot.For > limit)
                    {
                        _abandoned = true;
                        return slot.What;
                    }
                }
            }

            return null;
        }
    }

    private void Set(int slot, string? what)
    {
        lock (_lock)
        {
            if (_abandoned)
            {
                throw new AbandonedException();
            }

            _slots[slot] = (what, TimeSpan.Zero);
        }
    }
}

/// <summary>A worker finds that it was given up, because something it did took too long; another one does its work.</summary>
public sealed class AbandonedException() : OperationCanceledException("this worker was given up because it took too long");
