namespace Ism.Cli.Terminal;

/// <summary>Units per second and time left, over what was done since the first report: a run that goes on from a checkpoint starts
/// at its step and not at 0.</summary>
internal sealed class ProgressRate(TimeProvider time)
{
    private long? _start;
    private double _first;

    /// <summary>Takes a report.</summary>
    /// <returns>Units per second, null before anything was done; seconds left, null when that or the total is not known.</returns>
    public (double? PerSecond, TimeSpan? Left, TimeSpan Elapsed) Update(double done, double total)
    {
        if (_start is not { } start || done < _first)
        {
            _start = start = time.GetTimestamp();
            _first = done;
        }

        var elapsed = time.GetElapsedTime(start);
        if (elapsed.TotalSeconds < 0.5 || done <= _first)
        {
            return (null, null, elapsed);
        }

        var rate = (done - _first) / elapsed.TotalSeconds;
        TimeSpan? left = total > done ? TimeSpan.FromSeconds(Math.Min((total - done) / rate, 1e8)) : null;
        return (rate, left, elapsed);
    }
}
