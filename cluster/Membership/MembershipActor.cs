using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;
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

    private readonly NodeOptions _node;
    private readonly Action<string?> _leave;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _self;
    private readonly string? _former;
    private readonly MembershipDecision _decision;
    private readonly MembershipView _view;
    private readonly WorkspaceWitness _witness;
    private WitnessReport? _seen;
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
        _decision = new MembershipDecision(node.Times);
        _view = new MembershipView(_self, node.Times);
        var self = Self;
        var look = new WorkspaceLook(
            new ClusterFiles(node.Workspace), new MemberRecord(node.NodeId, node.Role, _self, 0),
            node.Role == NodeRoles.Coordinator, node.Times, _clock);
        _witness = new WorkspaceWitness(look, node.Times.Renewal, report => self.Tell(report, ActorRefs.NoSender));
        Receive<WitnessReport>(OnReport);
        Receive<MembershipPing>(OnPing);
        Receive<MembershipPong>(m => _view.Answered(m.Address, m.KnowsYou && Knows(m.Address, m.Uid), m.CannotReach, Now));
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _clock.GetElapsedTime(0);

    private bool IsMember => _cluster.SelfMember.Status is MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up;

    private IEnumerable<Member> Others => _cluster.State.Members.Where(m => !m.UniqueAddress.Equals(_cluster.SelfUniqueAddress));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, _node.Times.AskEvery);

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
        _view.Report(report);
        if (report.Trouble is not null && before?.Trouble is null)
        {
            _log.Warning("the workspace refuses this node's membership files: {0}", report.Trouble);
        }

        if (report.HoldsLease != (before?.HoldsLease ?? false))
        {
            _log.Info("{0} the authority lease, term {1}", report.HoldsLease ? "holds" : "no longer holds", report.Lease?.Term);
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
        Knows(ping.Address, ping.Uid),
        [.. Others.Select(m => m.Address).Where(IsUnheard).Select(a => a.ToString())],
        _cluster.SelfUniqueAddress.Uid,
        _node.Job));

    private bool IsUnheard(Address address) =>
        _cluster.FailureDetector.IsMonitoring(address) && !_cluster.FailureDetector.IsAvailable(address);

    private bool Knows(string address, int uid) =>
        Others.Any(m => m.Address.ToString() == address && m.UniqueAddress.Uid == uid && m.Status != MemberStatus.Down);

    private void OnTick()
    {
        NodeHealth.Current.Beat();
        if (_leaving || !IsMember)
        {
            return;
        }

        _witness.BecomeMember();
        DownFormerSelf();
        var now = Now;
        IReadOnlyList<MemberName> others =
        [
            .. Others.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Removed)).Order(Member.AgeOrdering)
                .Select(m => new MemberName(m.Address.ToString(), m.HasRole(NodeRoles.Coordinator))),
        ];
        var sight = _view.Look(others, _cluster.State.Unreachable.Select(m => m.Address.ToString()), now);
        foreach (var address in _view.Asks(others, now))
        {
            Context.ActorSelection($"{address}/user/{ActorName}").Tell(new MembershipPing(_self, _cluster.SelfUniqueAddress.Uid));
        }

        if (sight is not null)
        {
            Standing.Of(Context.System).Note(sight, _node.Times);
            Carry(_decision.Decide(sight));
        }
    }

    // A node that was killed and started again would otherwise wait until somebody finds its former self dead. Not while that one is
    // coming up: its age would be lost (see PoliteLeave); it comes up soon, or is found dead by the others.
    private void DownFormerSelf()
    {
        if (_former is not null && Others.Any(
            m => m.Address.ToString() == _former && m.Status != MemberStatus.Down && !PoliteLeave.IsComingUp(m)))
        {
            _log.Info("{0} was {1} before it was started again; that one is gone", _node.NodeId, _former);
            _cluster.Down(Address.Parse(_former));
        }
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
