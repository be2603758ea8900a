namespace Ism.Cluster.Membership;

/// <summary>
/// Tells who lives by whose counter grows, on this node's own clock alone. What is seen for the first time counts as alive, for one
/// time to live. Pure; not thread-safe.
/// </summary>
/// <param name="timeToLive">How long a counter may stand still.</param>
internal sealed class BeatWatch(TimeSpan timeToLive)
{
    private readonly Dictionary<string, (string Identity, long Beat, TimeSpan Since)> _seen = new(StringComparer.Ordinal);

    /// <summary>What was read. <paramref name="before"/> is a time before the reading began: a process frozen in between must not take
    /// its own sleep for another's.</summary>
    /// <param name="name">Whose counter.</param>
    /// <param name="identity">Which incarnation; a change counts as a beat.</param>
    /// <param name="beat">The counter.</param>
    /// <param name="before">Monotonic time.</param>
    public void Saw(string name, string identity, long beat, TimeSpan before)
    {
        if (!_seen.TryGetValue(name, out var known) || known.Identity != identity || known.Beat != beat)
        {
            _seen[name] = (identity, beat, before);
        }
    }

    /// <summary>Whether the counter has grown within the time to live.</summary>
    public bool IsLive(string name, TimeSpan before) => _seen.TryGetValue(name, out var known) && before - known.Since < timeToLive;

    /// <summary>Whether the counter has been seen to grow at all, and lives: a first sight is no proof of life.</summary>
    public bool HasGrown(string name, string identity, long firstBeat, TimeSpan before) =>
        IsLive(name, before) && _seen[name].Identity == identity && _seen[name].Beat != firstBeat;
}
