using Ism.Coordinator.Ledger;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>The cluster as the codebook's stage sees it when the codebook is MutRank's: another number of clusters, no elbow, and what it says
/// belongs to MutRank's stage, whose progress is counted in training steps.</summary>
internal sealed class MutRankServices(IJobServices inner, long steps) : IJobServices
{
    public JobOptions Job { get; } = inner.Job with
    {
        Codebook = inner.Job.Codebook with { From = "", Clusters = inner.Job.Mutrank.Clusters, Elbow = [] },
    };

    public Workspace Workspace => inner.Workspace;

    public Task<LedgerTotals> WorkAsync(LedgerSetup setup, Action<LedgerProgress> progress, CancellationToken cancel) =>
        inner.WorkAsync(setup, progress, cancel);

    public Task TrainAsync(TrainingStage stage, Action<StepReport> progress, CancellationToken cancel) =>
        inner.TrainAsync(stage, progress, cancel);

    public void Emit(RunEvent happened) => inner.Emit(happened.Kind == RunEventKind.Progress
        ? happened with { Stage = RunStages.MutRank, Done = steps, Total = steps }
        : happened with
        {
            Kind = RunEventKind.Note,
            Stage = RunStages.MutRank,
            Done = 0,
            Total = 0,
            Message = $"codebook: {happened.Message}",
        });
}
