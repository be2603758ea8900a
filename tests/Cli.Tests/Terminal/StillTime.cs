namespace Ism.Cli.Tests.Terminal;

/// <summary>A clock that the test moves.</summary>
internal sealed class StillTime : TimeProvider
{
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);
}
