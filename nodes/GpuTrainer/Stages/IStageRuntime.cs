using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

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

    /// <summary>Restores the newest good checkpoint, if there is one, into a runtime that has done no step. Returns its step, or null;
    /// rejected ones are reported.</summary>
    long? RestoreLatest(Action<string> rejected);

    /// <summary>Instead of <see cref="RestoreLatest"/>: this runtime has no state of its own until a member of a generation gives it
    /// one.</summary>
    void AwaitState();

    /// <summary>Enters a generation: all members take over the state of the one that got furthest.</summary>
    void Join(ICollectiveGroup group);

    /// <summary>One step over this rank's share.</summary>
    /// <exception cref="NonFiniteStepException">On all ranks; nothing has changed.</exception>
    StepResult TrainStep(IReadOnlyList<FetchedSample> share);

    /// <summary>Goes past a step that was refused; all ranks do.</summary>
    void SkipStep();

    /// <summary>Metrics of the whole group over this rank's share of held-out samples.</summary>
    IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<FetchedSample> share);

    /// <summary>Writes a checkpoint (rank 0).</summary>
    void SaveCheckpoint();

    /// <summary>Writes the finished model into the stage's output folder (rank 0).</summary>
    void SaveOutput();
}
