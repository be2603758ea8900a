namespace Ism.Coordinator.Planning;

/// <summary>A job as <see cref="JobSimulation"/> sees it: sizes, and rates that were measured somewhere.</summary>
public sealed record PlannedJob
{
    /// <summary>Structures of the catalogue.</summary>
    public required long Structures { get; init; }

    /// <summary>Structures a chunk.</summary>
    public int ChunkSize { get; init; } = 256;

    /// <summary>Chunks whose samples are shuffled together.</summary>
    public int WindowChunks { get; init; } = 64;

    /// <summary>Samples of a global batch.</summary>
    public required int GlobalBatch { get; init; }

    /// <summary>Passes over the catalogue.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Seconds of one training step of the whole group, reduction included.</summary>
    public required double StepSeconds { get; init; }

    /// <summary>Featurizers.</summary>
    public required int Featurizers { get; init; }

    /// <summary>Structures a second that one featurizer turns into tokens.</summary>
    public required double StructuresPerSecond { get; init; }

    /// <summary>Standard deviation of the logarithm of a chunk's time: lengths of proteins, other users of the machine.</summary>
    public double ChunkSpread { get; init; } = 0.25;

    /// <summary>Chunk leases a featurizer holds at once.</summary>
    public int LeasesPerFeaturizer { get; init; } = 4;

    /// <summary>Seconds from a finished chunk to its commit in the journal; commits are one after the other.</summary>
    public double CommitSeconds { get; init; } = 0.002;

    /// <summary>Seconds for which one featurizer lives on the average; 0: none dies.</summary>
    public double MeanLife { get; init; }

    /// <summary>Seconds until a dead featurizer's chunks are leased again.</summary>
    public double DetectionSeconds { get; init; } = 20;

    /// <summary>Seconds until a dead featurizer is back.</summary>
    public double ReturnSeconds { get; init; } = 60;

    /// <summary>Of all draws.</summary>
    public long Seed { get; init; } = 1;
}

/// <summary>What a simulated job came to.</summary>
/// <param name="FirstStepSeconds">When the first step could begin.</param>
/// <param name="FeaturizingSeconds">When the last chunk was committed.</param>
/// <param name="TotalSeconds">When the last step ended.</param>
/// <param name="WaitingSeconds">How long the trainers stood still after the first step.</param>
/// <param name="FeaturizersIdle">Share of the featurizers' time until the last commit in which they had nothing to do.</param>
/// <param name="Deaths">Featurizers that died.</param>
public sealed record PlannedCourse(
    double FirstStepSeconds, double FeaturizingSeconds, double TotalSeconds, double WaitingSeconds, double FeaturizersIdle, int Deaths)
{
    /// <summary>Share of the time after the first step in which the trainers stood still.</summary>
    public double Waiting => WaitingSeconds / Math.Max(1e-9, TotalSeconds - FirstStepSeconds);
}
