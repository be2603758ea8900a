using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>A completed step with what only its generation knows of it.</summary>
/// <param name="Result">What it gave; the same on every rank.</param>
/// <param name="TokensPerSecond">Useful tokens a second, over all ranks.</param>
/// <param name="Waiting">Share of the time that this rank waited for samples.</param>
/// <param name="World">Ranks.</param>
/// <param name="Generation">Generation.</param>
public sealed record CompletedStep(StepResult Result, double TokensPerSecond, double Waiting, int World, long Generation)
{
    /// <summary>Useful floating point operations of this rank's step as a share of its device's peak; null where either is not known.
    /// </summary>
    public double? PeakShare { get; init; }

    /// <summary>Resident memory of this rank's process; 0 where it was not asked for.</summary>
    public long ResidentBytes { get; init; }
}

/// <summary>
/// One rank's part of a training stage, kept in memory over generations: model, optimizer and step. Hides what kind of samples it
/// trains on. Owned by the training thread.
/// </summary>
public interface IStageRuntime : IDisposable
{
    /// <summary>The stage this was made for.</summary>
    TrainingStage Stage { get; }

    /// <summary>Steps completed.</summary>
    long Step { get; }

    /// <summary>The last step this rank has completed itself, as the step log is to have it; null when there is none.</summary>
    CompletedStep? LastCompleted { get; set; }

    /// <summary>The step of the checkpoint that is being written in the background; null when none is.</summary>
    long? CheckpointUnderWay => null;

    /// <summary>Number of the CUDA device that the parameters are on; null: they are in host memory.</summary>
    int? CudaDevice => null;

    /// <summary>What a step spends on a crop of so many residues, in any unit, the same on every rank; null: samples are shared out by
    /// count.</summary>
    Func<int, long>? Cost => null;

    /// <summary>Restores the newest good checkpoint, if there is one, into a runtime that has done no step. Returns its step, or null;
    /// rejected ones are reported.</summary>
    long? RestoreLatest(Action<string> rejected);

    /// <summary>Instead of <see cref="RestoreLatest"/>: this runtime has no state of its own until a member of a generation gives it
    /// one.</summary>
    void AwaitState();

    /// <summary>Enters a generation: all members take over the state of the one that got furthest.</summary>
    void Join(ICollectiveGroup group);

    /// <summary>One step over this rank's share.</summary>
    /// <exception cref="NonFiniteStepException">On all ranks; nothing has changed. Its samples are named.</exception>
    StepResult TrainStep(IReadOnlyList<FetchedSample> share);

    /// <summary>Goes past a step that was refused; all ranks do.</summary>
    void SkipStep();

    /// <summary>Metrics of the whole group over this rank's share of held-out samples. Samples whose values are not finite or cannot be
    /// read are left out.</summary>
    IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<FetchedSample> share);

    /// <summary>Copies the state and writes it in the background (rank 0); false, and nothing done, while the last checkpoint is still
    /// being written. A runtime without a background writes at once.</summary>
    bool BeginCheckpoint()
    {
        SaveCheckpoint(CancellationToken.None);
        return true;
    }

    /// <summary>How a background write ended that was not asked for yet; null when there is none.</summary>
    CheckpointOutcome? TakeEndedCheckpoint() => null;

    /// <summary>Returns when a checkpoint of the present step is on disk (rank 0).</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="OperationCanceledException">The state is about to change.</exception>
    void SaveCheckpoint(CancellationToken cancel);

    /// <summary>Writes the finished model into the stage's output folder (rank 0).</summary>
    void SaveOutput();
}
