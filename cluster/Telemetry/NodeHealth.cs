using Akka.Cluster;

namespace Ism.Cluster.Telemetry;

/// <summary>Answer to a probe.</summary>
/// <param name="IsGood">Whether all is well.</param>
/// <param name="Why">What is or is not well, in a few words.</param>
public readonly record struct HealthAnswer(bool IsGood, string Why);

/// <summary>
/// What a process says of itself to who asks whether it is ready, and whether it still does its work. Told by whoever knows; asked by the
/// endpoint of the metrics. Thread-safe.
/// </summary>
/// <param name="clock">The clock.</param>
public sealed class NodeHealth(TimeProvider clock)
{
    /// <summary>How long a member's own actor may be silent before its process is taken for stuck. Beats come every second; busy cores and
    /// a slow collection of garbage delay them by seconds.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private Func<MemberStatus>? _status;
    private string? _waitsFor;
    private long _beat;

    /// <summary>That of this process.</summary>
    public static NodeHealth Current { get; } = new(TimeProvider.System);

    /// <summary>The node of a standing cluster has nothing to do: it is ready for whatever comes. Null: it has.</summary>
    public void Waits(string? what)
    {
        lock (_gate)
        {
            _waitsFor = what;
        }
    }

    /// <summary>It is a member; <paramref name="status"/> says of what kind whenever it is asked.</summary>
    public void Joined(Func<MemberStatus> status)
    {
        lock (_gate)
        {
            _status = status;
            _beat = clock.GetTimestamp();
        }
    }

    /// <summary>It is a member no more.</summary>
    public void Left()
    {
        lock (_gate)
        {
            _status = null;
        }
    }

    /// <summary>An actor of this node has done its regular work.</summary>
    public void Beat() => Interlocked.Exchange(ref _beat, clock.GetTimestamp());

    /// <summary>Whether others may count on it: it is up in the cluster, or waits for a job.</summary>
    public HealthAnswer Ready()
    {
        lock (_gate)
        {
            return _status is { } status ? (status() is MemberStatus.Up and var up ? new(true, $"{up}") : new(false, $"{status()}"))
                : _waitsFor is { } what ? new(true, what)
                : new(false, "not a member");
        }
    }

    /// <summary>Whether it is worth waiting for: false when its actors have been silent for <see cref="LongestSilence"/>, so that only a new
    /// process helps. One that is no member lives as long as it answers; how long it tries to join has a limit of its own.</summary>
    public HealthAnswer Lives()
    {
        lock (_gate)
        {
            var silent = clock.GetElapsedTime(Interlocked.Read(ref _beat));
            return _status is null || silent < LongestSilence ? new(true, "ok")
                : new(false, $"its actors have been silent for {silent.TotalSeconds:F0} s");
        }
    }
}
