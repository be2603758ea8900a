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
/// <param name="problem">What makes a decoded sample unusable, e.g. coordinates that are not finite; null when nothing does.</param>
/// <param name="outlierSigma">Standard deviations above which a loss or gradient norm is an outlier; 0: none is.</param>
/// <param name="flops">Useful floating point operations of a step over samples; null: they are not counted.</param>
internal sealed class StageRuntime<TSample>(
    TrainingStage stage,
    IObjective<TSample> objective,
    DataParallelOptions options,
    Func<FetchedSample, TSample> decode,
    CheckpointStore checkpoints,
    string catalogueId,
    Action saveOutput,
    Func<TSample, string?>? problem = null,
    double outlierSigma = 0,
    Func<IReadOnlyList<TSample>, double>? flops = null) : IStageRuntime
{
    private readonly OutlierWindow _losses = new("loss", outlierSigma);
    private readonly OutlierWindow _norms = new("gradient_norm", outlierSigma);
    private readonly BackgroundCheckpoints _background = new(checkpoints);
    private readonly DataParallelTrainer<TSample> _trainer = new(objective, options);
    private readonly RunIdentity _identity = new(catalogueId, objective.Name, stage.Seed);

    public TrainingStage Stage => stage;

    public CompletedStep? LastCompleted { get; set; }

    public Func<int, long>? Cost { get; init; }

    public long Step => _trainer.State.Step;

    /// <summary>Weights, moments and step.</summary>
    internal TrainingState State => _trainer.State;

    public int? CudaDevice => _trainer.State.Parameters.Values.device is { type: TorchSharp.DeviceType.CUDA } device ? device.index : null;

    public long? CheckpointUnderWay => _background.UnderWay;

    public long? RestoreLatest(Action<string> rejected)
    {
        var latest = checkpoints.RestoreLatest(_trainer.State, _identity, out var bad);
        foreach (var checkpoint in bad)
        {
            rejected($"{checkpoint.Folder} is not used: {checkpoint.Reason}");
        }

        if (latest is null && bad.Count > 0)
        {
            rejected($"NO CHECKPOINT in {checkpoints.Folder} can be used ({bad.Count} passed over): {stage.StageId} BEGINS AT STEP 0. "
                + "If that is not wanted, end the job and put a good checkpoint there");
        }

        return latest?.Step;
    }

    public void AwaitState() => _trainer.State.Step = TrainingState.Incomplete;

    public void Join(ICollectiveGroup group) => _trainer.Join(group);

    public StepResult TrainStep(IReadOnlyList<FetchedSample> share)
    {
        var decoded = Decode(share);
        try
        {
            var result = _trainer.Step(decoded.Samples, SampleDigest.Of(share), decoded.Bad.Count);
            result = result with { Flops = flops?.Invoke(decoded.Samples) ?? 0 };
            return result.Updated
                ? result with { Outliers = [.. new[] { _losses.Observe(result.TotalLoss), _norms.Observe(result.GradientNorm) }.OfType<Outlier>()] }
                : result;
        }
        catch (NonFiniteStepException refused)
        {
            refused.Samples = refused.What == NonFiniteStepException.Input ? decoded.Bad : [.. decoded.At(refused.Places)];
            throw;
        }
    }

    public void SkipStep() => _trainer.SkipStep();

    public IReadOnlyList<MetricTotal> Evaluate(IReadOnlyList<FetchedSample> share) => _trainer.Evaluate(Decode(share).Samples);

    public bool BeginCheckpoint() => _background.TryBegin(_trainer.State, _identity);

    public CheckpointOutcome? TakeEndedCheckpoint() => _background.TakeEnded();

    public void SaveCheckpoint(CancellationToken cancel) => _background.SaveNow(_trainer.State, _identity, cancel);

    public void SaveOutput() => saveOutput();

    public void Dispose()
    {
        _background.Dispose();
        _trainer.Dispose();
        objective.Dispose();
    }

    private DecodedShare<TSample> Decode(IReadOnlyList<FetchedSample> share) => new(share, decode, problem ?? (_ => null));
}
