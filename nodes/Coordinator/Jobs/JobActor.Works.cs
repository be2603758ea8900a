using Akka.Actor;
using Ism.Cluster.Membership;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Metrics;
using Ism.Coordinator.Training;
using Ism.Protocol.Chunks;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>The job's ledgers and the stage that is trained: begun by the workflow, opened again when their journal failed, and ended.</summary>
public sealed partial class JobActor
{
    private void OnBeginWork(BeginWork m) =>
        _works[m.Setup.Work.WorkId] = new Work(OpenLedger(m.Setup, 0), m.Setup, m.Progress, m.Done);

    private IActorRef OpenLedger(LedgerSetup setup, int times)
    {
        var ledger = Context.ActorOf(LedgerActor.Props(setup with { Scope = _scope }, _holderAt), $"ledger-{setup.Work.WorkId}-{times}");
        if (_paused)
        {
            ledger.Tell(new PauseLedger(true));
        }

        return ledger;
    }

    // A full disk or a database that is away: what featurizers finish meanwhile is told again and again until it is committed.
    private void OnJournalFailed(LedgerJournalFailed m)
    {
        if (!_works.TryGetValue(m.WorkId, out var work))
        {
            return;
        }

        var since = work.JournalFailing ?? DateTime.UtcNow;
        _works[m.WorkId] = work with { JournalFailing = since };
        if (DateTime.UtcNow - since > LedgerState.StoragePatience)
        {
            EndWork(m.WorkId, w => w.Done.TrySetException(new JobFailedException(m.Reason)));
            return;
        }

        Warn($"{m.WorkId}: {m.Reason}; it is opened again in {ReopenAfter.TotalSeconds:F0} s");
        Timers.StartSingleTimer($"reopen-{m.WorkId}", new ReopenLedger(m.WorkId), ReopenAfter);
    }

    private void Reopen(string id)
    {
        if (!Standing.Of(Context.System).MayTakeOver)
        {
            Timers.StartSingleTimer($"reopen-{id}", new ReopenLedger(id), ReopenAfter);
        }
        else if (_works.TryGetValue(id, out var work))
        {
            _works[id] = work with { Ledger = OpenLedger(work.Setup, work.Opened + 1), Opened = work.Opened + 1 };
        }
    }

    private void OnLedgerProgress(LedgerProgress m)
    {
        if (!_works.TryGetValue(m.WorkId, out var work))
        {
            return;
        }

        _works[m.WorkId] = work with { JournalFailing = null, Last = m };
        work.Progress(m);
        if (!m.IsComplete)
        {
            return;
        }

        if (work.Setup.Work.Kind == WorkKind.Tokenise)
        {
            // Its ledger stays, since a token file that is damaged while it is in use is made again.
            work.Done.TrySetResult(m.Totals);
            return;
        }

        EndWork(m.WorkId, w => w.Done.TrySetResult(m.Totals));
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
        JobGauges.StageEnds();
        if (m.Error is null)
        {
            stage?.Done.TrySetResult();
        }
        else
        {
            stage?.Done.TrySetException(new JobFailedException($"{m.StageId} failed after step {m.Step}: {m.Error}"));
        }
    }

    private sealed record Work(
        IActorRef Ledger, LedgerSetup Setup, Action<LedgerProgress> Progress, TaskCompletionSource<LedgerTotals> Done)
    {
        public int Opened { get; init; }

        public DateTime? JournalFailing { get; init; }

        public LedgerProgress? Last { get; init; }
    }

    private sealed record ReopenLedger(string WorkId);

    private sealed record Stage(TrainingStage Setup, Action<StepReport> Progress, TaskCompletionSource Done);

    private sealed record BeginWork(LedgerSetup Setup, Action<LedgerProgress> Progress, TaskCompletionSource<LedgerTotals> Done);

    private sealed record BeginStage(TrainingStage Setup, Action<StepReport> Progress, TaskCompletionSource Done);
}
