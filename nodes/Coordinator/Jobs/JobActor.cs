using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Metrics;
using Ism.Coordinator.Training;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Drives one job: parent of its ledgers and its training group, and the door through which the stages (plain asynchronous code on
/// their own task) use them. Started again after a crash, or on a standby, it runs the stages anew; each finds what it has already made.
/// The journal keeps how often it was opened, whether it is paused, and how many nodes are wanted.
/// </summary>
public sealed partial class JobActor : ReceivePersistentActor, IWithTimers
{
    private static readonly TimeSpan ReopenAfter = TimeSpan.FromSeconds(5);

    // A job that was opened again comes to the stage that trainers are in the middle of once its ledgers are open.
    private static readonly TimeSpan StageComesWithin = TimeSpan.FromSeconds(45);
    private readonly Dictionary<string, Work> _works = [];
    private readonly JobOptions _job;
    private readonly Workspace _workspace;
    private readonly Func<string, ICanTell> _holderAt;
    private readonly string _scope;
    private readonly Action<RunEvent> _emit;
    private readonly Action<string?> _ended;
    private readonly CancellationTokenSource _cancel = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, int> _scale = [];
    private readonly List<IActorRef> _waitForCheckpoint = [];
    private IActorRef _group = ActorRefs.Nobody;
    private Stage? _stage;
    private int _incarnation;
    private bool _paused;
    private string? _cancelled;
    private bool _over;
    private bool _hasTrained;

    /// <summary>A job whose files lie in <paramref name="workspace"/>.</summary>
    /// <param name="job">The resolved job.</param>
    /// <param name="workspace">Its workspace.</param>
    /// <param name="holderAt">The lease holder of the featurizer at an address.</param>
    /// <param name="emit">Takes progress events; any thread.</param>
    /// <param name="ended">Told once: null when the job is complete, else why not.</param>
    public JobActor(
        JobOptions job, Workspace workspace, Func<string, ICanTell> holderAt, Action<RunEvent> emit, Action<string?> ended)
    {
        (_job, _workspace, _holderAt, _emit, _ended) = (job, workspace, holderAt, emit, ended);
        _scope = JournalScope.Of(workspace, job);
        Recover<JobOpened>(Apply);
        Recover<JobPauseChanged>(Apply);
        Recover<JobScaled>(Apply);
        Recover<RecoveryCompleted>(_ => Open());
        Command<TryOpen>(_ => Open());
        Command<BeginWork>(OnBeginWork);
        Command<LedgerProgress>(OnLedgerProgress);
        Command<ChunkDamaged>(m =>
        {
            foreach (var work in _works.Values)
            {
                work.Ledger.Forward(m);
            }
        });
        Command<LedgerGaveUp>(m => EndWork(m.WorkId, w => w.Done.TrySetException(new JobFailedException(m.Reason))));
        Command<LedgerTrouble>(m => Warn($"{m.WorkId}: {m.What}"));
        Command<LedgerJournalFailed>(OnJournalFailed);
        Command<ReopenLedger>(m => Reopen(m.WorkId));
        Command<BeginStage>(m =>
        {
            _stage = new Stage(m.Setup, m.Progress, m.Done);
            _hasTrained = true;
            JobGauges.StageBegins(m.Setup.StageId, m.Setup.TotalSteps);
            _group.Tell(new RunStage(m.Setup));
            if (_waitForCheckpoint.Count > 0)
            {
                _group.Tell(new RequestCheckpoint());
            }
        });
        Command<StepReport>(m =>
        {
            if (m.StageId == _stage?.Setup.StageId)
            {
                _stage.Progress(m);
                JobGauges.Stepped(m.StageId, m.Step);
            }
        });
        Command<EvaluationReport>(m => emit(Events.Evaluation(m)));
        Command<TrainerNotice>(m => emit(RunEvent.Now(RunEventKind.Note, message: $"{m.StageId}, step {m.Step}: {m.Text}")));
        Command<StageEnded>(OnStageEnded);
        Command<GenerationChanged>(OnGenerationChanged);
        Command<GroupWaiting>(OnGroupWaiting);
        Command<TrainerFailed>(m => emit(RunEvent.Now(
            RunEventKind.Warning, message: $"{m.StageId}: {m.NodeId} failed and the others go on: {m.Reason}")));
        Command<GroupPaused>(m => emit(RunEvent.Now(RunEventKind.Note, message: $"{m.StageId} is paused: {m.How}")));
        Command<CheckpointWritten>(OnCheckpointWritten);
        Command<NoStageCame>(_ =>
        {
            if (_stage is null)
            {
                AnswerCheckpoint(NothingTrained);
            }
        });
        Command<RegisterTrainer>(m => _group.Forward(m));
        Command<LeaveGroup>(m => _group.Forward(m));
        Command<JobCommand>(OnCommand);
        Command<JobStatusRequest>(_ => Sender.Tell(Status()));
        Command<ChunkMapRequest>(OnChunkMap);
        Command<JobEnded>(OnJobEnded);
    }

    /// <inheritdoc/>
    public override string PersistenceId => $"{_scope}job";

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of a job.</summary>
    public static Props Props(
        JobOptions job, Workspace workspace, Func<string, ICanTell> holderAt, Action<RunEvent> emit, Action<string?> ended) =>
        Akka.Actor.Props.Create(() => new JobActor(job, workspace, holderAt, emit, ended));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cancel.Cancel();
        JobGauges.End();
        base.PostStop();
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Warn($"the journal refused a write, so the job is opened again: {cause.GetBaseException().Message}");
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Warn($"the journal could not be read, it is tried again: {reason.GetBaseException().Message}");
        base.OnRecoveryFailure(reason, message);
    }

    private void Open()
    {
        if (EndedMarker.TryRead(_workspace.Root) is { } over)
        {
            _ended(over.Error);
            return;
        }

        if (!Standing.Of(Context.System).MayTakeOver)
        {
            // A coordinator that wakes after it was given up must not take the job from its successor.
            Timers.StartSingleTimer("open", TryOpen.Instance, ReopenAfter / 4);
            return;
        }

        Persist(new JobOpened(_incarnation + 1), opened =>
        {
            Apply(opened);
            if (_incarnation > 1)
            {
                _log.Info("the job is opened for the {0}. time", _incarnation);
            }

            foreach (var (role, count) in _scale)
            {
                _emit(RunEvent.Now(RunEventKind.Scale, role, total: count));
            }

            Begin();
        });
    }

    private void Begin()
    {
        JobGauges.Drive(_job, _scale, _paused);
        _group = Context.ActorOf(
            TrainingGroupActor.Props(_scale.GetValueOrDefault(NodeRoles.Trainer, _job.Cluster.Trainers), term: _incarnation), "group");
        if (_paused)
        {
            _group.Tell(new PauseGroup());
        }

        var services = new Services(Self, _job, _workspace, _emit);
        var self = Self;
        Task.Factory.StartNew(
            () => JobWorkflow.RunAsync(services, _cancel.Token), _cancel.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .Unwrap()
            .ContinueWith(t => self.Tell(new JobEnded(Explain(t), t.Exception?.InnerException)), TaskScheduler.Default);
    }

    private void Apply(IJobEvent @event)
    {
        switch (@event)
        {
            case JobOpened opened:
                _incarnation = opened.Incarnation;
                break;
            case JobPauseChanged changed:
                _paused = changed.Paused;
                break;
            case JobScaled scaled:
                _scale[scaled.Role] = scaled.Count;
                break;
        }
    }

    private void OnJobEnded(JobEnded m)
    {
        var error = _cancelled ?? m.Error;
        _over = true;
        if (_cancelled is not null)
        {
            _log.Info("the job is {0}", error);
            _emit(RunEvent.Now(RunEventKind.Failed, message: _cancelled));
        }
        else if (error is not null)
        {
            _log.Error(m.Cause, "the job failed: {0}", error);
            _emit(RunEvent.Now(RunEventKind.Failed, message: error));
        }

        try
        {
            _workspace.Store?.KeepLog(Workspace.Events);
        }
        catch (IOException e)
        {
            _log.Warning("the last events are not on the storage: {0}", e.Message);
        }

        try
        {
            EndedMarker.Write(_workspace.Root, error);
        }
        catch (IOException e)
        {
            Warn($"the end of the job could not be noted in the workspace: {e.Message}");
        }

        _ended(error);
    }

    private void Warn(string message)
    {
        _log.Warning(message);
        _emit(RunEvent.Now(RunEventKind.Warning, message: message));
    }

    private static string? Explain(Task workflow) => workflow switch
    {
        { IsCanceled: true } => "the job was stopped",
        { Exception.InnerException: JobFailedException e } => e.Message,
        { Exception.InnerException: { } e } => $"{e.GetType().Name}: {e.Message}",
        _ => null,
    };

    private sealed class TryOpen
    {
        public static readonly TryOpen Instance = new();
    }

    private sealed record JobEnded(string? Error, Exception? Cause);

    private sealed class Services(IActorRef self, JobOptions job, Workspace workspace, Action<RunEvent> emit) : IJobServices
    {
        public JobOptions Job => job;

        public Workspace Workspace => workspace;

        public Task<LedgerTotals> WorkAsync(LedgerSetup setup, Action<LedgerProgress> progress, CancellationToken cancel)
        {
            var done = new TaskCompletionSource<LedgerTotals>(TaskCreationOptions.RunContinuationsAsynchronously);
            self.Tell(new BeginWork(setup, progress, done));
            return done.Task.WaitAsync(cancel);
        }

        public Task TrainAsync(TrainingStage stage, Action<StepReport> progress, CancellationToken cancel)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            self.Tell(new BeginStage(stage, progress, done));
            return done.Task.WaitAsync(cancel);
        }

        public void Emit(RunEvent @event) => emit(@event);
    }
}
