namespace Ism.Cluster.Membership;

/// <summary>What the workspace says about the cluster.</summary>
/// <param name="At">When the look began, on this node's monotonic clock.</param>
/// <param name="Lease">The authority lease; null when nobody has held one yet.</param>
/// <param name="LeaseLives">Its beat grows and it was not given back.</param>
/// <param name="HoldsLease">This node holds it.</param>
/// <param name="Beating">Addresses of nodes that beat, with when a beat was last seen to grow.</param>
/// <param name="Ended">The job's end, or null.</param>
/// <param name="Trouble">What the storage refused, or null.</param>
internal sealed record WitnessReport(
    TimeSpan At,
    LeaseRecord? Lease,
    bool LeaseLives,
    bool HoldsLease,
    IReadOnlyDictionary<string, TimeSpan?> Beating,
    EndedMarker? Ended,
    string? Trouble);

/// <summary>A node's looks into the workspace: gives its own beat, watches those of others, and on coordinators looks after the authority
/// lease. Not thread-safe.</summary>
internal sealed class WorkspaceLook
{
    private const string TheLease = "lease";
    private readonly IClusterRecords _records;
    private readonly MemberRecord _self;
    private readonly bool _coordinator;
    private readonly TimeProvider _clock;
    private readonly AuthorityLease _lease;
    private readonly BeatWatch _beats;
    private readonly BeatWatch _leaseBeat;
    private long _beat;

    /// <summary>The looks of one node.</summary>
    public WorkspaceLook(IClusterRecords records, MemberRecord self, bool coordinator, MembershipTimes times, TimeProvider clock)
    {
        (_records, _self, _coordinator, _clock) = (records, self, coordinator, clock);
        _lease = new AuthorityLease(records, self.Node, self.Address, times, clock);
        (_beats, _leaseBeat) = (new BeatWatch(times.TimeToLive), new BeatWatch(times.TimeToLive));
    }

    private TimeSpan Now => _clock.GetElapsedTime(0);

    /// <summary>Looks once.</summary>
    /// <param name="member">This node is a member: it beats, and a coordinator may take the lease.</param>
    /// <param name="yields">The lease is given back and taken no more.</param>
    public WitnessReport Look(bool member, bool yields)
    {
        var at = Now;
        LeaseRecord? lease = null;
        EndedMarker? ended = null;
        var holds = false;
        var beating = new Dictionary<string, TimeSpan?>(StringComparer.Ordinal);
        var trouble = member ? Refusal(() => _records.Write(_self with { Beat = ++_beat })) : null;
        // A beat that is refused does not keep from looking.
        trouble = Refusal(() =>
        {
            LookAtBeats(beating);
            ended = _records.Ended();
            (lease, holds) = LookAfterLease(member && !yields, yields);
        }) ?? trouble;
        return new WitnessReport(at, lease, lease is { Released: false } && _leaseBeat.IsLive(TheLease), holds, beating, ended, trouble);
    }

    /// <summary>Leaves politely: lease and file need not die by themselves.</summary>
    public void Leave()
    {
        Refusal(_lease.Release);
        Refusal(() => _records.Remove(_self.Node, _self.Address));
    }

    private void LookAtBeats(Dictionary<string, TimeSpan?> beating)
    {
        _beats.Begin(Now);
        var members = _records.Members();
        foreach (var member in members)
        {
            _beats.Saw(member.Address, "", member.Beat, Now);
        }

        foreach (var (address, grown) in _beats.Living())
        {
            beating[address] = grown;
        }
    }

    private (LeaseRecord? Lease, bool Holds) LookAfterLease(bool takes, bool yields)
    {
        if (yields)
        {
            _lease.Release();
        }

        var holds = _lease.Renew();
        _leaseBeat.Begin(Now);
        var seen = SeeLease();
        if (_coordinator && takes && !holds && IsFree(seen) && _lease.TryTake(seen))
        {
            (seen, holds) = (SeeLease(), true);
        }

        return (seen, holds);
    }

    private LeaseRecord? SeeLease()
    {
        var seen = _lease.Read();
        _leaseBeat.Saw(TheLease, $"{seen?.Term} {seen?.Holder} {seen?.Address}", seen?.Beat ?? 0, Now);
        return seen;
    }

    // A node of the same name is this one as it was before it was started again: there is only one of each name.
    private bool IsFree(LeaseRecord? seen) =>
        seen is null || seen.Released || seen.Holder == _self.Node || !_leaseBeat.IsLive(TheLease);

    private static string? Refusal(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
