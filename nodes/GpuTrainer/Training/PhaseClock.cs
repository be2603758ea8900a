using System.Diagnostics;

namespace Ism.GpuTrainer.Training;

/// <summary>Tells how long each phase of a step took.</summary>
internal sealed class PhaseClock
{
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Seconds since the last call.</summary>
    public double Lap()
    {
        var now = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
        return seconds;
    }
}
