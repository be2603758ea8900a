using System.Diagnostics;

namespace Ism.Benchmarks.Scale;

/// <summary>When a node was at work. Thread-safe.</summary>
internal sealed class SimulatedNode
{
    private readonly List<(long From, long To)> _work = [];
    private int _held;

    /// <summary>Chunks accepted and not finished.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>A lease is accepted.</summary>
    public void Accept() => Interlocked.Increment(ref _held);

    /// <summary>Work on a chunk begins.</summary>
    public void Begin()
    {
        lock (_work)
        {
            _work.Add((Stopwatch.GetTimestamp(), long.MaxValue));
        }
    }

    /// <summary>The work that was begun last has ended.</summary>
    public void End()
    {
        lock (_work)
        {
            _work[^1] = (_work[^1].From, Stopwatch.GetTimestamp());
        }

        Interlocked.Decrement(ref _held);
    }

    /// <summary>How long it was at work between two timestamps.</summary>
    public TimeSpan Busy(long from, long to)
    {
        lock (_work)
        {
            var ticks = _work.Sum(w => Math.Max(0, Math.Min(w.To, to) - Math.Max(w.From, from)));
            return TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency);
        }
    }
}
