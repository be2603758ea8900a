namespace Ism.GpuTrainer.Training;

/// <summary>What one step did; the same on every rank but for <see cref="Timings"/> and <see cref="Flops"/>.</summary>
public sealed record StepResult
{
    /// <summary>Number of the step, 0-based.</summary>
    public required long Step { get; init; }

    /// <summary>The learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>False for a step whose global batch had nothing to learn from: it counts, and changes nothing.</summary>
    public required bool Updated { get; init; }

    /// <summary>Names of the terms of the loss.</summary>
    public required IReadOnlyList<string> Terms { get; init; }

    /// <summary>Per term the mean over its positions in the whole global batch, before the update; null where there were
    /// none.</summary>
    public required IReadOnlyList<double?> Losses { get; init; }

    /// <summary>Weighted sum of the losses.</summary>
    public required double TotalLoss { get; init; }

    /// <summary>Global L2 norm of the gradient before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Per term the positions in the whole global batch.</summary>
    public required IReadOnlyList<long> Counts { get; init; }

    /// <summary>Residues (or atoms) of the whole global batch.</summary>
    public required long UsefulTokens { get; init; }

    /// <summary>Samples of the whole global batch; positions without a usable structure are not among them.</summary>
    public required long Samples { get; init; }

    /// <summary>Which samples the step was made of, over all ranks; see <see cref="Samples.SampleDigest"/>.</summary>
    public ulong SamplesDigest { get; init; }

    /// <summary>Loss or gradient norm, where they lie far above those of the steps before.</summary>
    public IReadOnlyList<Outlier> Outliers { get; init; } = [];

    /// <summary>Useful floating point operations of this rank's share; 0 where they are not counted.</summary>
    public double Flops { get; init; }

    /// <summary>Where this rank's time went.</summary>
    public required StepTimings Timings { get; init; }
}

/// <summary>Wall-clock seconds of one rank's step.</summary>
/// <param name="Collate">Making micro-batches.</param>
/// <param name="Counts">Waiting for the others' counts: the time by which this rank was earlier than the last.</param>
/// <param name="Forward">Forward passes.</param>
/// <param name="Backward">Backward passes; with several ranks gradients are reduced meanwhile.</param>
/// <param name="Reduce">Waiting for gradients that were not reduced yet, and adding up losses.</param>
/// <param name="Clip">The gradient's norm, and scaling where the optimizer does not do it.</param>
/// <param name="Optimizer">The update.</param>
public sealed record StepTimings(
    double Collate, double Counts, double Forward, double Backward, double Reduce, double Clip, double Optimizer)
{
    /// <summary>Sum of all.</summary>
    public double Total => Collate + Counts + Forward + Backward + Reduce + Clip + Optimizer;
}
