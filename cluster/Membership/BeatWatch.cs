namespace Ism.Cluster.Membership;

/// <summary>
/// Tells who lives by whose counter grows, on this node's own clock alone. What is seen for the first time counts as alive, for one
/// time to live. An observer that stood still itself begins anew: it cannot know who stood still with it. Pure; not thread-safe.
/// </summary>
/// <param name="timeToLive">How long a counter may stand still.</param>
internal sealed class BeatWatch(TimeSpan timeToLive)
{
    private readonly Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private TimeSpan _begun;
    private long _look;
    private bool _stoodStill;

    /// <summary>A look at all counters begins.</summary>
    /// <param name="now">Monotonic time.</param>
    public void Begin(TimeSpan now)
    {
        _stoodStill = _look > 0 && now - _begun > timeToLive / 2;
        (_begun, _look) = (now, _look + 1);
        foreach (var gone in _seen.Where(s => _look - s.Value.Look > 2).Select(s => s.Key).ToList())
        {
            _seen.Remove(gone);
        }

        if (_stoodStill)
        {
            foreach (var seen in _seen.Values)
            {
                (seen.Since, seen.Look) = (now, _look);
            }
        }
    }

    /// <summary>What was read in this look.</summary>
    /// <param name="name">Whose counter.</param>
    /// <param name="identity">Which incarnation.</param>
    /// <param name="beat">The counter.</param>
    /// <param name="now">Monotonic time after the reading.</param>
    public void Saw(string name, string identity, long beat, TimeSpan now)
    {
        if (!_seen.TryGetValue(name, out var seen) || seen.Identity != identity)
        {
            _seen[name] = new Seen { Identity = identity, Beat = beat, Since = now, Look = _look };
            return;
        }

        seen.Look = _look;
        if (seen.Beat != beat)
        {
            (seen.Beat, seen.Since) = (beat, now);
            // It may have grown before the sleep, and its owner have died since.
            seen.Grown = _stoodStill ? seen.Grown : now;
        }
    }

    /// <summary>Whether the counter has grown within the time to live, and is still there: missing once may be a torn file, twice is gone.
    /// </summary>
    public bool IsLive(string name) => _seen.TryGetValue(name, out var seen) && _begun - seen.Since < timeToLive && _look - seen.Look <= 1;

    /// <summary>When this observer last saw the counter grow: proof that its owner lived a look before. Null when never: a first sight is no
    /// proof of life.</summary>
    public TimeSpan? GrownAt(string name) => _seen.TryGetValue(name, out var seen) ? seen.Grown : null;

    /// <summary>All that live, with when they were last seen to grow.</summary>
    public IEnumerable<(string Name, TimeSpan? GrownAt)> Living() =>
        _seen.Where(s => IsLive(s.Key)).Select(s => (s.Key, s.Value.Grown));

    private sealed class Seen
    {
        public required string Identity { get; init; }

        public required long Beat { get; set; }

        public required TimeSpan Since { get; set; }

        public required long Look { get; set; }

        public TimeSpan? Grown { get; set; }
    }
}
