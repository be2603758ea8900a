namespace Ism.Featurizer.Threads;

/// <summary>What one worker's thread is busy with that may take no longer than a limit. The worker says so; a watchdog looks.
/// Thread-safe.</summary>
public sealed class UnderWay
{
    private readonly Lock _lock = new();
    private string? _what;
    private TimeSpan _for;
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
    public void Begin(string what) => Set(what);

    /// <summary>Nothing that has a limit is under way. From here to the next beginning the worker is not given up.</summary>
    /// <exception cref="AbandonedException">The worker has been given up.</exception>
    public void End() => Set(null);

    /// <summary>As <see cref="End"/>; false when the worker has been given up.</summary>
    internal bool TryEnd()
    {
        lock (_lock)
        {
            (_what, _for) = (null, TimeSpan.Zero);
            return !_abandoned;
        }
    }

    /// <summary>Time has passed. Returns what has taken too long, once: the worker is given up.</summary>
    internal string? Pass(TimeSpan time, TimeSpan limit)
    {
        lock (_lock)
        {
            if (_what is null || _abandoned)
            {
                return null;
            }

            _for += time;
            _abandoned = _for > limit;
            return _abandoned ? _what : null;
        }
    }

    private void Set(string? what)
    {
        lock (_lock)
        {
            if (_abandoned)
            {
                throw new AbandonedException();
            }

            (_what, _for) = (what, TimeSpan.Zero);
        }
    }
}

/// <summary>A worker finds that it was given up, because something it did took too long; another one does its work.</summary>
public sealed class AbandonedException() : OperationCanceledException("this worker was given up because it took too long");
