namespace Ism.Cli.Estimation;

/// <summary>What the job's trainers give, from the ranks measured.</summary>
public sealed class TrainingRates
{
    // Structures that a featurizer keeps in memory for serving, in chunks.
    private const int ChunksInMemory = 8;
    private const string TuningStage = "structure-tuning";
    private readonly JobSizes _sizes;
    private readonly EstimateRequest _request;
    private readonly Measurements _measured;
    private readonly double _residuesPerStructure;
    private readonly IReadOnlyList<StageReading> _stages;

    /// <param name="sizes">Sizes of the job.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="residuesPerStructure">Of the corpus.</param>
    public TrainingRates(JobSizes sizes, EstimateRequest request, Measurements measured, double residuesPerStructure)
    {
        (_sizes, _request, _measured, _residuesPerStructure) = (sizes, request, measured, residuesPerStructure);
        _stages = measured.Trainers.Count == 0 ? [] : measured.Trainers[0].Stages;
        Tuning = _stages.FirstOrDefault(s => s.Stage == TuningStage);
        Parameters = Tuning?.Parameters ?? ModelSizes.Parameters(sizes.Job);
        ReduceSeconds = Tuning is null || request.Apart
            ? RingReduction
            : Tuning.ReduceSeconds;
        StepSeconds = Tuning is null
            ? (Share * TokensPerSample / request.TokensPerSecond!.Value) + ReduceSeconds
            : SecondsOf(Tuning, ReduceSeconds);
    }

    /// <summary>The stage of structure-tuning on rank 0; null: its rate was given.</summary>
    public StageReading? Tuning { get; }

    /// <summary>Trained numbers.</summary>
    public long Parameters { get; }

    /// <summary>Seconds of a step's reduction.</summary>
    public double ReduceSeconds { get; }

    /// <summary>Seconds of a step.</summary>
    public double StepSeconds { get; }

    /// <summary>Useful tokens of a global batch.</summary>
    public double TokensPerStep => _sizes.Job.Tuning.GlobalBatch * TokensPerSample;

    /// <summary>How the reduction's time was found.</summary>
    public string ReduceHow => Trainers == 1 ? "one trainer"
        : Tuning is null || _request.Apart ? $"{Parameters:N0} gradients of {GradientBytes} bytes around a ring of {Trainers}"
        : $"measured, {_measured.Trainers.Count} rank(s) over the loopback, waiting for the slowest included";

    /// <summary>How the autoencoder's time was found.</summary>
    public string AutoencoderHow => !_sizes.TrainsAutoencoder
        ? "given by autoencoder.from"
        : string.Join(", ", _stages.Where(s => s.Stage != TuningStage).Select(s => FormattableString.Invariant(
            $"{s.Stage}: {_sizes.AutoencoderSteps(s.Stage):N0} steps of {SecondsOf(s, s.ReduceSeconds):0.###} s")));

    /// <summary>What the stages write, with their steps; structure-tuning last.</summary>
    public IReadOnlyList<(StageReading Reading, long Steps)> Stored =>
    [
        .. _stages.Where(s => s.Stage != TuningStage).Select(s => (s, _sizes.AutoencoderSteps(s.Stage))),
        (Tuning ?? new StageReading { Stage = TuningStage, CheckpointBytes = 12 * Parameters, ModelBytes = 4 * Parameters }, _sizes.TuningSteps),
    ];

    /// <summary>Seconds of all held-out evaluations.</summary>
    public double EvaluationSeconds => Tuning is null
        // Two forward passes, each a third of a training pass.
        ? _sizes.Evaluations * _sizes.Heldout * TokensPerSample * 2 / 3 / (_request.TokensPerSecond!.Value * Trainers)
        : _sizes.Evaluations * _sizes.Heldout * Tuning.EvaluateSeconds * Turns / Trainers;

    private long GradientBytes => _sizes.Job.Training.Reduction == "bf16" ? 2 : 4;

    private int Trainers => _sizes.Job.Cluster.Trainers;

    private int Share => JobSizes.ShareOf(_sizes.Job.Tuning.GlobalBatch, Trainers);

    private double TokensPerSample => Tuning?.TokensPerSample ?? Math.Min(_residuesPerStructure, _sizes.Job.Tuning.Crop);

    // Ranks beyond those measured at once take turns with them.
    private double Turns => _request.Apart || _measured.Trainers.Count == 0 ? 1 : (double)Trainers / _measured.Trainers.Count;

    private double RingReduction => Trainers == 1 || _measured.NetworkBytesPerSecond == 0
        ? 0
        : RingBandwidth.ReduceSeconds(GradientBytes * Parameters, Trainers, _measured.NetworkBytesPerSecond);

    /// <summary>Seconds of the autoencoder's stages. On one machine the making of samples takes cores from the trainers; else it is done
    /// beside them, and they wait for it where it is slower.</summary>
    public double AutoencoderSeconds(FeaturizingRates featurizing)
    {
        ArgumentNullException.ThrowIfNull(featurizing);
        var kept = _sizes.Chunks(_sizes.Experimental) <= (long)ChunksInMemory * _sizes.Job.Cluster.Featurizers;
        return _stages.Where(s => s.Stage != TuningStage).Sum(s =>
        {
            var sample = s.ServeSeconds + (kept ? 0 : s.ReadSeconds);
            var batch = sample * _sizes.Job.Autoencoder.GlobalBatch;
            var step = SecondsOf(s, _request.Apart ? 0 : s.ReduceSeconds);
            return _sizes.AutoencoderSteps(s.Stage) * (_request.Apart
                ? Math.Max(step, batch / _sizes.Job.Cluster.Featurizers)
                : step + (batch / Environment.ProcessorCount));
        });
    }

    private double SecondsOf(StageReading stage, double reduce) =>
        (((stage.PassSeconds * stage.WholeShare / stage.Samples) + stage.UpdateSeconds) * Turns) + reduce;
}
