namespace Ism.Cluster.Tests.Membership;

/// <summary>A clock that a test moves.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Now => GetElapsedTime(0);

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Advance(double seconds) => Interlocked.Add(ref _ticks, (long)(seconds * TimeSpan.TicksPerSecond));
}
