using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Protocol.Membership;

namespace Ism.Cluster.Membership;

/// <summary>
/// Carries out <see cref="MembershipDecision"/> on one node: gathers what cluster, workspace and direct questions say, declares members
/// dead when it holds the lease, and leaves when it must. Stands in the place of Akka's split-brain resolver.
/// </summary>
internal sealed class MembershipActor : ReceiveActor, IWithTimers
{
    /// <summary>Its path is the same on every node.</summary>
    public const string ActorName = "membership";

    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerIsFresh = TimeSpan.FromSeconds(4);
    private readonly NodeOptions _node;
    private readonly Action<string?> _leave;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<string, (TimeSpan At, MembershipPong Pong)> _answers = new(StringComparer.Ordinal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _self;
    private readonly string? _former;
    private readonly WorkspaceWitness _witness;
    private WitnessReport? _seen;
    private HashSet<string> _unreachable = [];
    private TimeSpan _unreachableSince;
    private (string Holder, TimeSpan Since) _holderHeard = ("", TimeSpan.Zero);
    private TimeSpan? _unknownSince;
    private string _lastSaid = "";
    private bool _leaving;

    /// <summary>The membership of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="leave">Told once when this node leaves of itself: why, or null when the job is over.</param>
    public MembershipActor(NodeOptions node, Action<string?> leave)
    {
        (_node, _leave) = (node, leave);
        _self = _cluster.SelfAddress.ToString();
        _former = FormerSelf();
        var self = Self;
        _witness = new WorkspaceWitness(
            node.Workspace,
            new MemberRecord(node.NodeId, node.Role, _self, 0),
            node.Role == NodeRoles.Coordinator,
            report => self.Tell(report, ActorRefs.NoSender));
        Receive<WitnessReport>(OnReport);
        Receive<MembershipPing>(OnPing);
        Receive<MembershipPong>(m => _answers[m.Address] = (_clock.Elapsed, m));
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsMember => _cluster.SelfMember.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up;

    private IEnumerable<Member> Others => _cluster.State.Members.Where(m => !m.UniqueAddress.Equals(_cluster.SelfUniqueAddress));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, AskEvery);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _witness.Dispose();
        base.PostStop();
    }

    private string? FormerSelf()
    {
        try
        {
            return new MemberFiles(_node.Workspace).Read(_node.NodeId)?.Address is { } address && address != _self ? address : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void OnReport(WitnessReport report)
    {
        var before = _seen;
        _seen = report;
        if (report.Trouble is not null && before?.Trouble is null)
        {
            _log.Warning("the workspace refuses this node's membership files: {0}", report.Trouble);
        }

        if (report.HoldsLease != (before?.HoldsLease ?? false))
        {
            _log.Info(report.HoldsLease ? "holds the authority lease, term {0}" : "no longer holds the authority lease, term {0}", report.Lease?.Term);
        }

        if (report.Ended is { } ended && !_leaving && _node.Role != NodeRoles.Coordinator)
        {
            _log.Info("the job is over: {0}", ended.Error ?? "complete");
            _leaving = true;
            _leave(null);
        }
    }

    private void OnPing(MembershipPing ping) => Sender.Tell(new MembershipPong(
        _self,
        Others.Any(m => m.Address.ToString() == ping.Address && m.UniqueAddress.Uid == ping.Uid && m.Status != MemberStatus.Down),
        [.. Others.Select(m => m.Address).Where(a => _cluster.FailureDetector.IsMonitoring(a) && !_cluster.FailureDetector.IsAvailable(a))
            .Select(a => a.ToString())]));

    private void OnTick()
    {
        if (_leaving || !IsMember)
        {
            return;
        }

        _witness.BecomeMember();
        DownFormerSelf();
        var unreachable = _cluster.State.Unreachable.Select(m => m.Address.ToString()).Where(a => a != _self).ToHashSet();
        if (!unreachable.SetEquals(_unreachable))
        {
            (_unreachable, _unreachableSince) = (unreachable, _clock.Elapsed);
        }

        if (_seen is null)
        {
            return;
        }

        Ask();
        Carry(MembershipDecision.Decide(Sight(_seen)));
    }

    // A node that was killed and started again would otherwise wait until somebody finds its former self dead.
    private void DownFormerSelf()
    {
        if (_former is not null && Others.Any(m => m.Address.ToString() == _former && m.Status != MemberStatus.Down))
        {
            _log.Info("{0} was {1} before it was started again; that one is gone", _node.NodeId, _former);
            _cluster.Down(Address.Parse(_former));
        }
    }

    private void Ask()
    {
        var ping = new MembershipPing(_self, _cluster.SelfUniqueAddress.Uid);
        var asked = _seen!.HoldsLease
            ? _unreachable.Count > 0 ? Others.Select(m => m.Address.ToString()) : []
            : _seen is { LeaseLives: true, Lease: { } lease } && lease.Address != _self ? [lease.Address] : [];
        foreach (var address in asked)
        {
            Context.ActorSelection($"{address}/user/{ActorName}").Tell(ping);
        }
    }

    private MembershipSight Sight(WitnessReport seen)
    {
        var now = _clock.Elapsed;
        var holder = seen.Lease?.Address ?? "";
        if (holder != _holderHeard.Holder || seen.HoldsLease || !seen.LeaseLives)
        {
            (_holderHeard, _unknownSince) = ((holder, now), null);
        }

        if (_answers.TryGetValue(holder, out var answer) && answer.At > _holderHeard.Since)
        {
            _holderHeard = (holder, answer.At);
            _unknownSince = answer.Pong.KnowsYou ? null : _unknownSince ?? answer.At;
        }

        return new MembershipSight
        {
            Self = _self,
            Others = [.. Others.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Removed)).Order(Member.AgeOrdering).Select(m => Of(m, seen, now))],
            HoldsLease = seen.HoldsLease,
            LeaseLives = seen.LeaseLives,
            Holder = seen.Lease is { } lease ? $"{lease.Holder} ({lease.Address})" : "",
            UnchangedFor = now - _unreachableSince,
            HolderSilent = now - _holderHeard.Since,
            Unknown = _unknownSince is { } since ? now - since : TimeSpan.Zero,
        };
    }

    private MemberSight Of(Member member, WitnessReport seen, TimeSpan now)
    {
        var address = member.Address.ToString();
        var answered = _answers.TryGetValue(address, out var answer) && now - answer.At < AnswerIsFresh;
        return new MemberSight(
            address,
            member.HasRole(NodeRoles.Coordinator),
            _unreachable.Contains(address),
            answered,
            seen.Beating.Contains(address),
            answered ? answer.Pong.CannotReach : []);
    }

    private void Carry(MembershipVerdict verdict)
    {
        switch (verdict.Act)
        {
            case MembershipAct.Down:
                foreach (var address in verdict.Members)
                {
                    Say($"{address} is declared dead: {verdict.Why}");
                    _cluster.Down(Address.Parse(address));
                }

                break;
            case MembershipAct.Yield:
            case MembershipAct.Leave:
                Say($"this node leaves the cluster to join it again: {verdict.Why}");
                _leaving = true;
                _witness.Yield();
                _leave(verdict.Why);
                _cluster.Down(_cluster.SelfAddress);
                break;
            default:
                break;
        }
    }

    private void Say(string line)
    {
        if (line != _lastSaid)
        {
            _log.Warning(line);
            _lastSaid = line;
        }
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
