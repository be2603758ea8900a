using System.Diagnostics;

namespace Ism.Cluster.Membership;

/// <summary>What the workspace says about the cluster.</summary>
/// <param name="Lease">The authority lease; null when nobody has held one yet.</param>
/// <param name="LeaseLives">Its beat grows and it was not given back.</param>
/// <param name="HoldsLease">This node holds it.</param>
/// <param name="Beating">Addresses of nodes whose beat grows.</param>
/// <param name="Ended">The job's end, or null.</param>
/// <param name="Trouble">What the storage refused, or null.</param>
internal sealed record WitnessReport(
    LeaseRecord? Lease, bool LeaseLives, bool HoldsLease, IReadOnlySet<string> Beating, EndedMarker? Ended, string? Trouble);

/// <summary>
/// Looks after a node's files in the workspace: its own beat, the beats of others, and on coordinators the authority lease. Has a thread of
/// its own, since a network file system may stand still for minutes.
/// </summary>
internal sealed class WorkspaceWitness : IDisposable
{
    private readonly string _workspace;
    private readonly MemberRecord _self;
    private readonly bool _coordinator;
    private readonly Action<WitnessReport> _report;
    private readonly MemberFiles _members;
    private readonly AuthorityLease _lease;
    private readonly BeatWatch _beats = new(AuthorityLease.TimeToLive);
    private readonly BeatWatch _leaseBeat = new(AuthorityLease.TimeToLive);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private volatile bool _member;
    private volatile bool _yield;
    private long _beat;

    /// <summary>Begins to look; tells what it saw every <see cref="AuthorityLease.Renewal"/>, on its own thread.</summary>
    public WorkspaceWitness(string workspace, MemberRecord self, bool coordinator, Action<WitnessReport> report)
    {
        (_workspace, _self, _coordinator, _report) = (workspace, self, coordinator, report);
        _members = new MemberFiles(workspace);
        _lease = new AuthorityLease(workspace, self.Node, self.Address);
        _thread = new Thread(Run) { Name = "workspace witness", IsBackground = true };
        _thread.Start();
    }

    /// <summary>This node is a member now: it beats, and a coordinator may take the lease.</summary>
    public void BecomeMember() => _member = true;

    /// <summary>Gives the lease back and takes it no more.</summary>
    public void Yield() => _yield = true;

    /// <summary>Stops looking; a lease that is held is given back.</summary>
    public void Dispose()
    {
        _yield = true;
        _stop.Set();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            _report(Look());
            _stop.Wait(AuthorityLease.Renewal);
        }

        Quietly(() => _lease.Release());
        Quietly(() => _members.Remove(_self.Node, _self.Address));
    }

    private WitnessReport Look()
    {
        var before = _clock.Elapsed;
        LeaseRecord? lease = null;
        EndedMarker? ended = null;
        var beating = new HashSet<string>(StringComparer.Ordinal);
        string? trouble = null;
        try
        {
            if (_member)
            {
                // A full disk does not hinder it: the file is there already, and as long.
                _members.Write(_self with { Beat = ++_beat });
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble = e.Message;
        }

        try
        {
            foreach (var member in _members.All())
            {
                _beats.Saw(member.Node, member.Address, member.Beat, before);
                if (_beats.IsLive(member.Node, before))
                {
                    beating.Add(member.Address);
                }
            }

            ended = EndedMarker.TryRead(_workspace);
            lease = LookAfterLease(before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble = e.Message;
        }

        var lives = lease is { Released: false } && _leaseBeat.IsLive("lease", before);
        return new WitnessReport(lease, lives, _lease.Held && lives, beating, ended, trouble);
    }

    private LeaseRecord? LookAfterLease(TimeSpan before)
    {
        if (_yield)
        {
            _lease.Release();
        }
        else if (_lease.Held)
        {
            _lease.Renew();
        }

        var seen = _lease.Read();
        _leaseBeat.Saw("lease", $"{seen?.Term} {seen?.Holder} {seen?.Address}", seen?.Beat ?? 0, before);
        if (_coordinator && _member && !_yield && !_lease.Held && IsFree(seen, before) && _lease.TryTake(seen))
        {
            seen = _lease.Read();
            _leaseBeat.Saw("lease", $"{seen?.Term} {seen?.Holder} {seen?.Address}", seen?.Beat ?? 0, before);
        }

        return seen;
    }

    // A node of the same name is this one as it was before it was started again: there is only one of each name.
    private bool IsFree(LeaseRecord? seen, TimeSpan before) =>
        seen is null || seen.Released || seen.Holder == _self.Node || !_leaseBeat.IsLive("lease", before);

    private static void Quietly(Action leave)
    {
        try
        {
            leave();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Lease and file die by themselves when nothing renews them.
        }
    }
}
