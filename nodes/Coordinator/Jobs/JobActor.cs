using Akka.Actor;
using Akka.Event;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Drives one job: parent of its ledgers and its training group, and the door through which the stages (plain asynchronous code on
/// their own task) use them. Started again after a crash it runs the stages anew; each finds what it has already made.
/// </summary>
public sealed class JobActor : ReceiveActor
{
    private readonly Dictionary<string, Work> _works = [];
    private readonly IActorRef _group;
    private readonly IActorRef _region;
    private readonly CancellationTokenSource _cancel = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Stage? _stage;

    /// <summary>A job whose files lie in <paramref name="workspace"/>.</summary>
    /// <param name="job">The resolved job.</param>
    /// <param name="workspace">Its workspace.</param>
    /// <param name="region">The shard region of chunk entities.</param>
    /// <param name="emit">Takes progress events; any thread.</param>
    /// <param name="ended">Told once: null when the job is complete, else why not.</param>
    public JobActor(JobOptions job, Workspace workspace, IActorRef region, Action<RunEvent> emit, Action<string?> ended)
    {
        _region = region;
        _group = Context.ActorOf(TrainingGroupActor.Props(job.Cluster.Trainers), "group");
        Receive<BeginWork>(OnBeginWork);
        Receive<LedgerProgress>(OnLedgerProgress);
        Receive<LedgerGaveUp>(m => EndWork(m.WorkId, w => w.Done.TrySetException(new JobFailedException(m.Reason))));
        Receive<BeginStage>(m =>
        {
            _stage = new Stage(m.Setup, m.Progress, m.Done);
            _group.Tell(new RunStage(m.Setup));
        });
        Receive<StepReport>(m =>
        {
            if (m.StageId == _stage?.Setup.StageId)
            {
                _stage.Progress(m);
            }
        });
        Receive<EvaluationReport>(m => emit(Events.Evaluation(m)));
        Receive<StageEnded>(OnStageEnded);
        Receive<GenerationChanged>(m => emit(RunEvent.Now(
            RunEventKind.Note, message: $"generation {m.Generation}: {string.Join(", ", m.Members)} ({m.Why})")));
        Receive<GroupWaiting>(m => emit(RunEvent.Now(RunEventKind.Note, message: $"{m.StageId}: {m.Why}")));
        Receive<GroupPaused>(m => emit(RunEvent.Now(RunEventKind.Note, message: $"{m.StageId} is paused: {m.How}")));
        Receive<RegisterTrainer>(_group.Forward);
        Receive<JobEnded>(m =>
        {
            if (m.Error is not null)
            {
                _log.Error(m.Cause, "the job failed: {0}", m.Error);
                emit(RunEvent.Now(RunEventKind.Failed, message: m.Error));
            }

            ended(m.Error);
        });

        var services = new Services(Self, job, workspace, emit);
        var self = Self;
        Task.Factory.StartNew(
            () => JobWorkflow.RunAsync(services, _cancel.Token), _cancel.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .Unwrap()
            .ContinueWith(t => self.Tell(new JobEnded(Explain(t), t.Exception?.InnerException)), TaskScheduler.Default);
    }

    /// <summary>Props of a job.</summary>
    public static Props Props(JobOptions job, Workspace workspace, IActorRef region, Action<RunEvent> emit, Action<string?> ended) =>
        Akka.Actor.Props.Create(() => new JobActor(job, workspace, region, emit, ended));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cancel.Cancel();
        base.PostStop();
    }

    private static string? Explain(Task workflow) => workflow switch
    {
        { IsCanceled: true } => "the job was stopped",
        { Exception.InnerException: JobFailedException e } => e.Message,
        { Exception.InnerException: { } e } => $"{e.GetType().Name}: {e.Message}",
        _ => null,
    };

    private void OnBeginWork(BeginWork m)
    {
        var id = m.Setup.Work.WorkId;
        var ledger = Context.ActorOf(LedgerActor.Props(m.Setup, _region), $"ledger-{id}");
        _works[id] = new Work(ledger, m.Progress, m.Done);
    }

    private void OnLedgerProgress(LedgerProgress m)
    {
        if (!_works.TryGetValue(m.WorkId, out var work))
        {
            return;
        }

        work.Progress(m);
        if (m.Totals.Chunks == m.Totals.TotalChunks)
        {
            EndWork(m.WorkId, w => w.Done.TrySetResult(m.Totals));
        }
    }

    private void EndWork(string id, Action<Work> end)
    {
        if (_works.Remove(id, out var work))
        {
            Context.Stop(work.Ledger);
            end(work);
        }
    }

    private void OnStageEnded(StageEnded m)
    {
        var stage = _stage;
        _stage = null;
        if (m.Error is null)
        {
            stage?.Done.TrySetResult();
        }
        else
        {
            stage?.Done.TrySetException(new JobFailedException($"{m.StageId} failed after step {m.Step}: {m.Error}"));
        }
    }

    private sealed record Work(IActorRef Ledger, Action<LedgerProgress> Progress, TaskCompletionSource<LedgerTotals> Done);

    private sealed record Stage(TrainingStage Setup, Action<StepReport> Progress, TaskCompletionSource Done);

    private sealed record BeginWork(LedgerSetup Setup, Action<LedgerProgress> Progress, TaskCompletionSource<LedgerTotals> Done);

    private sealed record BeginStage(TrainingStage Setup, Action<StepReport> Progress, TaskCompletionSource Done);

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
