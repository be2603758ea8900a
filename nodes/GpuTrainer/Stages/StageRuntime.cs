using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Models.Training;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>A stage over one kind of samples; see <see cref="IStageRuntime"/>. Owns the objective.</summary>
/// <param name="stage">The stage.</param>
/// <param name="objective">What is trained.</param>
/// <param name="options">Schedule, optimizer, clipping.</param>
/// <param name="decode">A fetched sample as the objective takes it.</param>
/// <param name="checkpoints">Where checkpoints are kept.</param>
/// <param name="catalogueId">Id of the catalogue trained on; a checkpoint of another one is refused.</param>
/// <param name="saveOutput">Writes the finished model.</param>
internal sealed class StageRuntime<TSample>(
    TrainingStage stage,
    IObjective<TSample> objective,
    DataParallelOptions options,
    Func<FetchedSample, TSample> decode,
    CheckpointStore checkpoints,
    string catalogueId,
    Action saveOutput) : IStageRuntime
{
    private readonly DataParallelTrainer<TSample> _trainer = new(objective, options);
    private readonly RunIdentity _identity = new(catalogueId, objective.Name, stage.Seed);

    public TrainingStage Stage => stage;

    public long Step => _trainer.State.Step;

    public long? RestoreLatest(Action<string> rejected)
    {
        var latest = checkpoints.Latest(out var bad);
        foreach (var checkpoint in bad)
        {
            rejected($"{checkpoint.Folder} is not used: {checkpoint.Reason}");
        }

        if (latest is null)
        {
            return null;
        }

        CheckpointStore.Restore(latest, _trainer.State, _identity);
        return latest.Step;
    }

    public void AwaitState() => _trainer.State.Step = TrainingState.Incomplete;

    public void Join(ICollectiveGroup group) => _trainer.Join(group);

    public StepResult TrainStep(IReadOnlyList<FetchedSample> share) => _trainer.Step(Decode(share));

    public void SkipStep() => _trainer.SkipStep();

    public IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<FetchedSample> share) => _trainer.Evaluate(Decode(share));

    public void SaveCheckpoint() => checkpoints.Save(_trainer.State, _identity);

    public void SaveOutput() => saveOutput();

    public void Dispose()
    {
        _trainer.Dispose();
        objective.Dispose();
    }

    // An empty position (quarantined, filtered) is a sample of the order but gives nothing to learn from.
    private TSample[] Decode(IReadOnlyList<FetchedSample> share) =>
        [.. share.Where(s => s.Bytes.Length > 0).Select(decode)];
}
