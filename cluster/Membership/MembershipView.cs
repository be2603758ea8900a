namespace Ism.Cluster.Membership;

/// <summary>A member as the cluster names it.</summary>
internal sealed record MemberName(string Address, bool IsCoordinator);

/// <summary>
/// What a node remembers to make out a <see cref="MembershipSight"/>: reports from the workspace, answers of others, and since when things
/// have been as they are. Knows when this process stood still itself, and begins anew then. Not thread-safe.
/// </summary>
/// <param name="self">This node's address.</param>
/// <param name="times">How long things count.</param>
internal sealed class MembershipView(string self, MembershipTimes times)
{
    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);
    private WitnessReport? _report;
    private HashSet<string> _unreachable = [];
    private TimeSpan _unreachableSince;
    private (string? Holder, TimeSpan Since) _heard;
    private TimeSpan? _unknownSince;
    private TimeSpan? _before;

    /// <summary>Takes what the workspace said.</summary>
    public void Report(WitnessReport report) => _report = report;

    /// <summary>Takes a member's answer.</summary>
    /// <param name="address">Who answers.</param>
    /// <param name="knowsMe">Each counts the other as a member. One that joined through a node which the others had already given up
    /// counts all of them, and none of them counts it.</param>
    /// <param name="cannotReach">Whom it hears nothing from.</param>
    /// <param name="now">Monotonic time.</param>
    public void Answered(string address, bool knowsMe, IReadOnlyList<string> cannotReach, TimeSpan now) =>
        _answers[address] = new Answer(now, knowsMe, cannotReach);

    /// <summary>Whether this node may act as the lease's holder: it had it a moment ago, when nobody else could have taken it.</summary>
    public bool HoldsLease(TimeSpan now) => _report is { HoldsLease: true } report && now - report.At < times.Authority;

    /// <summary>What this node sees now; null as long as nothing is known of the workspace.</summary>
    /// <param name="others">The other members, the oldest first, without those declared dead.</param>
    /// <param name="unreachable">Addresses of those that somebody hears nothing from.</param>
    /// <param name="now">Monotonic time.</param>
    public MembershipSight? Look(IReadOnlyList<MemberName> others, IEnumerable<string> unreachable, TimeSpan now)
    {
        var lost = unreachable.Where(a => a != self).ToHashSet();
        if (!lost.SetEquals(_unreachable))
        {
            (_unreachable, _unreachableSince) = (lost, now);
        }

        if (_report is null)
        {
            return null;
        }

        // A term that was claimed and not begun has nobody who could answer.
        var lives = _report is { LeaseLives: true, Lease.Address.Length: > 0 } && now - _report.At < times.TimeToLive;
        var holds = HoldsLease(now);
        ListenToHolder(holds, lives, now);
        return new MembershipSight
        {
            Others = [.. others.Select(m => Of(m, now))],
            HoldsLease = holds,
            LeaseLives = lives,
            Holder = _report.Lease is { } lease ? $"{lease.Holder} ({lease.Address})" : "",
            UnchangedFor = now - _unreachableSince,
            HolderSilent = now - _heard.Since,
            Unknown = _unknownSince is { } since ? now - since : TimeSpan.Zero,
        };
    }

    /// <summary>Whom to ask now: the holder of the lease, and, when this is it and somebody cannot be reached, everybody.</summary>
    public IEnumerable<string> Asks(IReadOnlyList<MemberName> others, TimeSpan now) =>
        HoldsLease(now) ? _unreachable.Count > 0 ? others.Select(m => m.Address) : []
        : _report is { LeaseLives: true, Lease: { Address.Length: > 0 } lease } && lease.Address != self ? [lease.Address]
        : [];

    private void ListenToHolder(bool holds, bool lives, TimeSpan now)
    {
        var holder = _report!.Lease?.Address ?? "";
        var slept = now - (_before ?? now);
        _before = now;
        if (slept > times.AnswerIsFresh)
        {
            // Nobody could answer a process that stood still. After a long time the others have given it up, and work as if it were gone:
            // it has less time to find out.
            var silent = slept > times.TimeToLive ? times.CutOffAfter - times.UnknownAfter : TimeSpan.Zero;
            (_heard, _unknownSince) = ((holder, now - silent), null);
            _unreachableSince = now;
        }

        if (holder != _heard.Holder || holds || !lives)
        {
            (_heard, _unknownSince) = ((holder, now), null);
        }

        if (_answers.TryGetValue(holder, out var answer) && answer.At > _heard.Since)
        {
            _heard = (holder, answer.At);
            _unknownSince = answer.KnowsMe ? null : _unknownSince ?? answer.At;
        }
    }

    private MemberSight Of(MemberName member, TimeSpan now)
    {
        var answers = _answers.TryGetValue(member.Address, out var answer) && now - answer.At < times.AnswerIsFresh;
        var life = !_report!.Beating.TryGetValue(member.Address, out var grown) ? MemberLife.Dead
            : grown is { } at && at > _unreachableSince ? MemberLife.Living
            : MemberLife.Doubtful;
        return new MemberSight(
            member.Address, member.IsCoordinator, _unreachable.Contains(member.Address), answers, life, answers ? answer.CannotReach : []);
    }

    private readonly record struct Answer(TimeSpan At, bool KnowsMe, IReadOnlyList<string> CannotReach);
}
