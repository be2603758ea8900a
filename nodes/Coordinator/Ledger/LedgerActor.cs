using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Persistence;
using Ism.Coordinator.Metrics;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Ledger;

/// <summary>
/// Drives one <see cref="LedgerState"/>: leases chunks to featurizers, keeps commits in the journal, and leases again what a dead or silent
/// featurizer held. A lease is sent until accepted, because any message may be lost. What was committed before
/// this ledger was opened is announced when its file has been checked; a file that proves damaged is set aside and made again.
/// </summary>
public sealed partial class LedgerActor : ReceivePersistentActor, IWithTimers
{
    private readonly LedgerSetup _setup;
    private readonly Func<string, ICanTell> _holderAt;
    private readonly LedgerState _state;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ResultChecks _checks;
    private readonly LeaseTraces _traces;
    private bool _open;
    private bool _paused;

    /// <summary>A ledger.</summary>
    /// <param name="setup">What for.</param>
    /// <param name="holderAt">The lease holder of the featurizer at an address.</param>
    public LedgerActor(LedgerSetup setup, Func<string, ICanTell> holderAt)
    {
        _setup = setup;
        _holderAt = holderAt;
        _state = new LedgerState(setup.Order, setup.LeaseTime);
        _checks = new ResultChecks(setup.ResultPath, Self, setup.Bring);
        _traces = new LeaseTraces(setup.Work);
        Recover<ILedgerEvent>(_state.Apply);
        Recover<RecoveryCompleted>(_ => Open());
        Command<Tick>(_ => OnTick());
        Command<ChunkAccepted>(m => _state.Renew(m.Chunk, m.LeaseEpoch, DateTime.UtcNow), Mine);
        Command<ChunkProgress>(m => _state.Renew(m.Chunk, m.LeaseEpoch, DateTime.UtcNow), Mine);
        Command<ChunkFinished>(OnFinished, Mine);
        Command<ChunkFailed>(OnFailed, Mine);
        Command<ChunkReleased>(
            m =>
            {
                _state.Release(m.Chunk, m.LeaseEpoch);
                _traces.End(m.LeaseEpoch, "released");
                LeaseMore();
            },
            Mine);
        Command<HeldChunks>(OnHeld, m => m.WorkId == _setup.Work.WorkId);
        Command<PauseLedger>(m =>
        {
            _paused = m.Paused;
            LeaseMore();
        });
        Command<ChunkDamaged>(OnDamaged);
        Command<ResultChecked>(OnChecked);
        Command<ChunkMapRequest>(_ => Sender.Tell(_state.Map(_setup.Work.WorkId, DateTime.UtcNow)));
        Command<ClusterEvent.IMemberEvent>(OnMember);
        Command<ClusterEvent.UnreachableMember>(m => OnGone(m.Member));
        Command<ClusterEvent.ReachableMember>(m => OnPresent(m.Member));
        Command<ClusterEvent.CurrentClusterState>(_ => { });
    }

    /// <inheritdoc/>
    public override string PersistenceId => $"{_setup.Scope}ledger-{_setup.Work.WorkId}";

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of a ledger.</summary>
    public static Props Props(LedgerSetup setup, Func<string, ICanTell> holderAt) =>
        Akka.Actor.Props.Create(() => new LedgerActor(setup, holderAt));

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Context.Parent.Tell(new LedgerJournalFailed(
            _setup.Work.WorkId, $"the journal refused a write: {cause.GetBaseException().Message}"));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Context.Parent.Tell(new LedgerJournalFailed(
            _setup.Work.WorkId, $"the journal could not be read: {reason.GetBaseException().Message}"));
        base.OnRecoveryFailure(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _checks.Dispose();
        _traces.Dispose();
        JobGauges.EndLedger(_setup.Work.WorkId);
        Akka.Cluster.Cluster.Get(Context.System).Unsubscribe(Self);
        base.PostStop();
    }

    private bool Mine(ChunkAccepted m) => m.WorkId == _setup.Work.WorkId;

    private bool Mine(ChunkProgress m) => m.WorkId == _setup.Work.WorkId;

    private bool Mine(ChunkFinished m) => m.WorkId == _setup.Work.WorkId;

    private bool Mine(ChunkReleased m) => m.WorkId == _setup.Work.WorkId;

    private bool Mine(ChunkFailed m) => m.WorkId == _setup.Work.WorkId;

    private void Open()
    {
        // Whether a file is there and how long it is shows at once; its bytes are looked at meanwhile, in the order of need.
        foreach (var chunk in _setup.Order)
        {
            if (_state.CommitOf(chunk) is { } commit)
            {
                if (_checks.Glance(commit) is { } problem)
                {
                    Reopen(chunk, problem);
                }
                else
                {
                    _checks.Begin(commit);
                }
            }
        }

        Persist(_state.Open(), opened =>
        {
            _state.Apply(opened);
            _open = true;
            Akka.Cluster.Cluster.Get(Context.System).Subscribe(
                Self,
                ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
                typeof(ClusterEvent.IMemberEvent),
                typeof(ClusterEvent.IReachabilityEvent));
            Report([]);
            Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.FromSeconds(0.5));
        });
    }

    private void OnTick()
    {
        var over = _state.Expire(DateTime.UtcNow);
        CoordinatorMetrics.Ended(over.Count, gone: false);
        foreach (var lease in over)
        {
            _traces.End(lease.Epoch, "expired");
            _log.Warning(
                "{0}: no word for {1} s about chunk {2} from {3}; it is leased again",
                PersistenceId, _setup.LeaseTime.TotalSeconds, lease.Chunk, lease.Node);
        }

        // A lease nobody has accepted may have been lost on its way: say it again.
        foreach (var lease in _state.Leases.Where(l => !l.IsAccepted))
        {
            Send(lease);
        }

        AskWhatIsHeld();

        LeaseMore();
        JobGauges.Ledger(_setup.Work.WorkId, _setup.Work.Kind, _state.Counts(DateTime.UtcNow));
    }

    private void LeaseMore()
    {
        if (!_open || _paused)
        {
            return;
        }

        foreach (var lease in _state.LeaseNext(_setup.LeasesPerFeaturizer, DateTime.UtcNow))
        {
            CoordinatorMetrics.Leased(_setup.Work.Kind);
            _traces.Begin(lease);
            Send(lease);
        }
    }

    private void Send(Lease lease) => _holderAt(lease.Node).Tell(
        new LeaseChunk(new ChunkKey(_setup.Work.Catalogue, lease.Chunk), _setup.Work, lease.Epoch, _setup.LeaseTime.TotalSeconds)
        {
            Trace = _traces.Of(lease.Epoch),
        },
        Self);

    private void Report(IReadOnlyCollection<int> committed)
    {
        JobGauges.Ledger(_setup.Work.WorkId, _setup.Work.Kind, _state.Counts(DateTime.UtcNow));
        Context.Parent.Tell(new LedgerProgress(
            _setup.Work.WorkId, _state.Totals with { TotalChunks = _setup.Order.Count }, _state.Leases.Count, committed)
        {
            Unchecked = _checks.Count,
        });
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
