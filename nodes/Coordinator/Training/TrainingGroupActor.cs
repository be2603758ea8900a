using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Training;

/// <summary>
/// Drives a <see cref="GroupState"/> with a clock, the trainers' messages and the cluster's view of their nodes. Gradients never pass
/// here; it only decides who is in. Trainers register again with a successor, which adopts the generation they are in.
/// </summary>
public sealed class TrainingGroupActor : ReceiveActor, IWithTimers
{
    private readonly GroupState _state;
    private readonly long _term;
    private readonly Dictionary<string, IActorRef> _trainers = [];
    private readonly HashSet<Address> _unreachable = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Cluster.Cluster? _cluster;

    /// <summary>A group that expects this many trainers at first, under a coordinator of this term.</summary>
    public TrainingGroupActor(int expectedTrainers, long term)
    {
        (_state, _term) = (new GroupState(expectedTrainers, term: term), term);
        _cluster = ((ExtendedActorSystem)Context.System).Provider is IClusterActorRefProvider
            ? Akka.Cluster.Cluster.Get(Context.System)
            : null;
        Receive<RunStage>(m => Do(_state.Run(m.Stage, Now)));
        Receive<PauseGroup>(_ => Do(_state.Pause(Now)));
        Receive<ResumeGroup>(_ => Do(_state.Resume(Now)));
        Receive<RequestCheckpoint>(_ => Do(_state.Checkpoint(Now)));
        Receive<RegisterTrainer>(OnRegister);
        Receive<GenerationPreparing>(m => Do(_state.Preparing(m, Now)), m => IsFrom(m.NodeId));
        Receive<GenerationPrepared>(m => Do(_state.Prepared(m, Now)), m => IsFrom(m.NodeId));
        Receive<GenerationEnded>(m => Do(_state.Ended(m, Now)), m => IsFrom(m.NodeId));
        Receive<LeaveGroup>(OnLeave);
        Receive<StepReport>(m => Do(_state.Stepped(m)));
        Receive<EvaluationReport>(m => Do(_state.Evaluated(m)));
        Receive<TrainerNotice>(Context.Parent.Tell);
        Receive<GenerationCheckpointed>(m => Do(_state.Checkpointed(m)));
        Receive<Terminated>(OnTerminated);
        Receive<ClusterEvent.UnreachableMember>(m => OnReachability(m.Member.Address, reachable: false), OfTrainer);
        Receive<ClusterEvent.ReachableMember>(m => OnReachability(m.Member.Address, reachable: true), OfTrainer);
        Receive<ClusterEvent.MemberRemoved>(m => _unreachable.Remove(m.Member.Address));
        Receive<ClusterEvent.IClusterDomainEvent>(_ => { });
        Receive<Tick>(_ => Do(_state.Tick(Now)));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTime Now => DateTime.UtcNow;

    /// <summary>Props of a group.</summary>
    /// <param name="expectedTrainers">Trainers for which the first generation waits.</param>
    /// <param name="term">Term of this coordinator; a successor's is higher.</param>
    public static Props Props(int expectedTrainers, long term = 0) =>
        Akka.Actor.Props.Create(() => new TrainingGroupActor(expectedTrainers, term));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.FromSeconds(0.25));
        _cluster?.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent),
            typeof(ClusterEvent.MemberRemoved));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster?.Unsubscribe(Self);
        base.PostStop();
    }

    private static bool OfTrainer(ClusterEvent.UnreachableMember m) => m.Member.HasRole(NodeRoles.Trainer);

    private static bool OfTrainer(ClusterEvent.ReachableMember m) => m.Member.HasRole(NodeRoles.Trainer);

    // What an earlier process of the same name sent does not count.
    private bool IsFrom(string nodeId) => _trainers.TryGetValue(nodeId, out var known) && known.Equals(Sender);

    private void OnRegister(RegisterTrainer m)
    {
        var isKnown = _trainers.TryGetValue(m.NodeId, out var known);
        var isNewProcess = isKnown && !known!.Equals(Sender);
        if (isNewProcess)
        {
            // The one before is gone, whatever the failure detector still thinks.
            Context.Unwatch(known!);
        }

        _trainers[m.NodeId] = Sender;
        Context.Watch(Sender);
        Sender.Tell(new TrainerRegistered(m.NodeId) { Term = _term });
        Do(_state.Register(m, isNewProcess, Now));
        if ((!isKnown || isNewProcess) && _unreachable.Contains(Sender.Path.Address))
        {
            Do(_state.Unreachable(m.NodeId, Now));
        }
    }

    private void OnLeave(LeaveGroup m)
    {
        if (IsFrom(m.NodeId))
        {
            Do(_state.Leave(m.NodeId, Now));
        }
        else
        {
            Sender.Tell(new GroupLeft(m.NodeId) { Term = _term });
        }
    }

    private void OnTerminated(Terminated m)
    {
        if (_trainers.FirstOrDefault(t => t.Value.Equals(m.ActorRef)).Key is { } nodeId)
        {
            _trainers.Remove(nodeId);
            Do(_state.Gone(nodeId, Now));
        }
    }

    private void OnReachability(Address address, bool reachable)
    {
        _ = reachable ? _unreachable.Remove(address) : _unreachable.Add(address);
        foreach (var nodeId in _trainers.Where(t => t.Value.Path.Address == address).Select(t => t.Key).ToList())
        {
            _log.Info("trainer {0} at {1} {2}", nodeId, address, reachable ? "can be reached again" : "cannot be reached");
            Do(reachable ? _state.Reachable(nodeId, Now) : _state.Unreachable(nodeId, Now));
        }
    }

    private void Do(IReadOnlyList<GroupEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case ToTrainer to when _trainers.TryGetValue(to.NodeId, out var trainer):
                    trainer.Tell(to.Message);
                    break;
                case ToParent to:
                    Context.Parent.Tell(to.Message);
                    break;
                case GroupNote note:
                    _log.Info("{0}", note.Line);
                    break;
            }
        }
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
