using Akka.Actor;
using Akka.Event;
using Ism.Collectives;
using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer;

/// <summary>This node to its trainer: leave the training group at the next step boundary; answered by
/// <see cref="HasLeft"/>.</summary>
public sealed record LeavePolitely;

/// <summary>Trainer to this node: it is in no generation any more.</summary>
public sealed record HasLeft;

/// <summary>
/// One rank's side of the training group's protocol: registers, leaves a generation when a newer one is prepared, and runs the steps on
/// a thread of its own. The model stays in memory over generations. Of several coordinators it obeys the one with the highest term.
/// </summary>
public sealed partial class TrainerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan RegisterEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SpeakEvery = TimeSpan.FromSeconds(1);
    private readonly string _nodeId;
    private readonly string _host;
    private readonly JobOptions _job;
    private readonly Workspace _workspace;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _region;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TrainerThread _thread;
    private readonly RingTls? _tls;
    private IActorRef _group = ActorRefs.Nobody;
    private long _term;

    /// <summary>A trainer that other ranks reach at <paramref name="host"/>.</summary>
    /// <param name="nodeId">Its name.</param>
    /// <param name="host">Its address.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="workspace">The job's files.</param>
    /// <param name="coordinator">Where registrations go.</param>
    /// <param name="region">The shard region of chunk entities.</param>
    /// <param name="create">Makes the runtime of a stage; null: <see cref="StageRuntimes.Create"/>.</param>
    /// <param name="tls">Makes the links between ranks secret; null: plain TCP.</param>
    public TrainerActor(
        string nodeId,
        string host,
        JobOptions job,
        Workspace workspace,
        IActorRef coordinator,
        IActorRef region,
        Func<TrainingStage, IStageRuntime>? create = null,
        RingTls? tls = null)
    {
        (_nodeId, _host, _job, _workspace, _coordinator, _region) = (nodeId, host, job, workspace, coordinator, region);
        _tls = tls;
        var self = Self;
        _thread = new TrainerThread(
            job,
            create ?? (stage => StageRuntimes.Create(stage, job, workspace, TrainingDevice.Of(job.Cluster, nodeId))),
            m => self.Tell(m, ActorRefs.NoSender));
        Receive<RegisterNow>(_ => Register());
        Receive<Speak>(_ => OnSpeak());
        Receive<TrainerRegistered>(_ => SayLeaving(), m => Obeys(m.Term));
        Receive<PrepareGeneration>(OnPrepare);
        Receive<StartGeneration>(OnStart);
        Receive<StopGeneration>(OnStop);
        Receive<CheckpointGeneration>(m =>
        {
            if (Obeys(m.Term) && m.Generation == _running?.Generation)
            {
                _thread.Checkpoint(m.Request);
            }
        });
        Receive<TrainerThread.Ready>(OnReady);
        Receive<TrainerThread.Ended>(OnEnded);
        Receive<Report>(m => _group.Tell(m.Message));
        Receive<LeavePolitely>(_ => OnLeavePolitely());
        Receive<GroupLeft>(_ => OnGroupLeft(), m => Obeys(m.Term));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("register", RegisterNow.Instance, TimeSpan.Zero, RegisterEvery);
        Timers.StartPeriodicTimer("speak", Speak.Instance, SpeakEvery);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _listener?.Dispose();
        _thread.Dispose();
        base.PostStop();
    }

    // A coordinator that was frozen and wakes has a lower term than its successor: it steers nobody any more.
    private bool Obeys(long term)
    {
        if (term < _term)
        {
            return false;
        }

        (_term, _group) = (term, Sender);
        return true;
    }

    private void Register()
    {
        if (!_leaving)
        {
            _coordinator.Tell(new RegisterTrainer(_nodeId, _host, Heard, _prepare?.Stage.StageId ?? "")
            {
                Running = _running?.Generation ?? -1,
                Members = [.. _running?.Members.Select(m => m.NodeId) ?? []],
                Group = _running?.Group ?? "",
                Step = _prepare is null ? -1 : _thread.StepOf(_prepare.Stage.StageId),
                Term = _prepare?.Term ?? 0,
            });
        }
    }

    private void OnSpeak()
    {
        SayLeaving();
        if (_prepare is { } prepare && !_ready && _thread.Doing is { } doing)
        {
            _group.Tell(new GenerationPreparing(prepare.Generation, _nodeId, doing));
        }
    }

    private sealed record Report(object Message);

    private sealed class RegisterNow
    {
        public static readonly RegisterNow Instance = new();
    }

    private sealed class Speak
    {
        public static readonly Speak Instance = new();
    }
}
