using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Training;
using Ism.Models.Training;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>A stage's runtime over <see cref="LineObjective"/>, which lets a test act in the middle of a step.</summary>
internal sealed class LineRuntime(TrainingStage stage) : IStageRuntime
{
    private readonly LineObjective _objective = new();
    private DataParallelTrainer<LinePoint>? _trainer;

    public TrainingStage Stage => stage;

    public CompletedStep? LastCompleted { get; set; }

    public long Step => Trainer.State.Step;

    public Func<int, long>? Cost => length => length * length;

    /// <summary>The ring it is in.</summary>
    public ICollectiveGroup? Group { get; private set; }

    /// <summary>Called in each step with its number, before it has changed anything.</summary>
    public Action<long> InStep { get; set; } = _ => { };

    public Action SavingCheckpoint { get; set; } = () => { };

    /// <summary>Steps whose checkpoints were written.</summary>
    public List<long> Checkpoints { get; } = [];

    public int Restored { get; private set; }

    public int Outputs { get; private set; }

    private DataParallelTrainer<LinePoint> Trainer => _trainer ??= new(
        _objective, new() { Schedule = new CosineSchedule(stage.LearningRate, 0, stage.TotalSteps), ClipNorm = 2 });

    public long? RestoreLatest(Action<string> rejected)
    {
        Restored++;
        return null;
    }

    public void AwaitState() => Trainer.State.Step = TrainingState.Incomplete;

    public void Join(ICollectiveGroup group)
    {
        Group = group;
        Trainer.Join(group);
    }

    public StepResult TrainStep(IReadOnlyList<FetchedSample> share)
    {
        InStep(Step);
        return Trainer.Step([.. share.Select(s => Point(s.Position.Position, s.Position.DrawKey))]);
    }

    public void SkipStep() => Trainer.SkipStep();

    public IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<FetchedSample> share) => [];

    public void SaveCheckpoint(CancellationToken cancel)
    {
        SavingCheckpoint();
        Checkpoints.Add(Step);
    }

    public void SaveOutput() => Outputs++;

    public void Dispose()
    {
        _trainer?.Dispose();
        _objective.Dispose();
    }

    private static LinePoint Point(long position, ulong drawKey) =>
        new((position % 11) - 5 + ((drawKey % 1000) / 1000.0), position % 3 == 0 ? null : (drawKey >> 10) % 7);
}
