namespace Ism.Cli.Estimation;

/// <summary>What one featurizer did with the sample. Seconds are wall-clock, beside the other featurizers of the same machine.</summary>
public sealed record FeaturizerReading
{
    /// <summary>Structures that were tokenised or refused.</summary>
    public int Structures { get; init; }

    /// <summary>Of these the refused ones.</summary>
    public int Refused { get; init; }

    /// <summary>Residues of the tokenised ones.</summary>
    public long Residues { get; init; }

    /// <summary>Chunks of the sample that were tokenised.</summary>
    public int Chunks { get; init; }

    /// <summary>Seconds of tokenising them, reading and writing included.</summary>
    public double TokeniseSeconds { get; init; }

    /// <summary>Bytes of their token files.</summary>
    public long TokenBytes { get; init; }

    /// <summary>Bytes of a token file without any chain.</summary>
    public long EmptyTokenBytes { get; init; }

    /// <summary>Structures embedded for the codebook.</summary>
    public int EmbeddedStructures { get; init; }

    /// <summary>Residues embedded.</summary>
    public long EmbeddedResidues { get; init; }

    /// <summary>Seconds of it.</summary>
    public double EmbedSeconds { get; init; }

    /// <summary>Bytes of the embeddings' files.</summary>
    public long EmbeddingBytes { get; init; }

    /// <summary>Seconds of one k-means pass over one embedded residue.</summary>
    public double PassSecondsPerResidue { get; init; }

    /// <summary>Bytes of a chunk's result of a pass.</summary>
    public long PartialBytes { get; init; }

    /// <summary>Seconds of k-means++ starts, for one point and one cluster.</summary>
    public double StartSeconds { get; init; }

    /// <summary>Seconds of one iteration of Lloyd's algorithm on the coordinator, for one point and one cluster.</summary>
    public double IterationSeconds { get; init; }

    /// <summary>Most memory that the process held.</summary>
    public long PeakBytes { get; init; }

    /// <summary>Seconds from the start of the process until it could begin.</summary>
    public double ReadySeconds { get; init; }
}

/// <summary>One training stage as one rank did it: a few steps over a share of samples.</summary>
public sealed record StageReading
{
    /// <summary>The stage, e.g. "structure-tuning".</summary>
    public required string Stage { get; init; }

    /// <summary>Trained numbers.</summary>
    public long Parameters { get; init; }

    /// <summary>Samples of this rank in a measured step.</summary>
    public int Samples { get; init; }

    /// <summary>Samples of this rank in a step of the job.</summary>
    public int WholeShare { get; init; }

    /// <summary>Measured steps.</summary>
    public int Steps { get; init; }

    /// <summary>Seconds of what grows with the samples: collating, forward and backward; of a measured step.</summary>
    public double PassSeconds { get; init; }

    /// <summary>Seconds of norm, clipping and optimizer.</summary>
    public double UpdateSeconds { get; init; }

    /// <summary>Seconds of the reduction of gradients, waiting for other ranks included.</summary>
    public double ReduceSeconds { get; init; }

    /// <summary>Useful tokens of a sample.</summary>
    public double TokensPerSample { get; init; }

    /// <summary>Tokens of the largest micro-batch that was measured; 0: not known.</summary>
    public long LargestTokens { get; init; }

    /// <summary>Tokens of the largest micro-batch of the job; 0: not known.</summary>
    public long WholeLargestTokens { get; init; }

    /// <summary>Memory of the process after steps of <see cref="ProbeTokens"/>.</summary>
    public long ProbeBytes { get; init; }

    /// <summary>Tokens of the small micro-batches that came first; 0: not known.</summary>
    public long ProbeTokens { get; init; }

    /// <summary>Seconds that a featurizer needs to make a sample of what it has in memory.</summary>
    public double ServeSeconds { get; init; }

    /// <summary>Seconds that it needs to read the structure first.</summary>
    public double ReadSeconds { get; init; }

    /// <summary>Seconds of evaluating one held-out sample.</summary>
    public double EvaluateSeconds { get; init; }

    /// <summary>Bytes of a checkpoint; measured, or 12 a parameter where it is large.</summary>
    public long CheckpointBytes { get; init; }

    /// <summary>Bytes of the finished model's folder; measured, or 4 a parameter.</summary>
    public long ModelBytes { get; init; }

    /// <summary>A second copy of the state is made by rank 0 for checkpoints in the background.</summary>
    public bool CopiesState { get; init; }

    /// <summary>Seconds until the model was there.</summary>
    public double BuildSeconds { get; init; }

    /// <summary>Most memory that the process had held when the stage was over.</summary>
    public long PeakBytes { get; init; }

    /// <summary>Seconds of a step of the job, from the parts measured: what grows with the samples is scaled to the whole share.</summary>
    public double StepSeconds => (PassSeconds * WholeShare / Math.Max(1, Samples)) + UpdateSeconds + ReduceSeconds;
}

/// <summary>What one trainer did.</summary>
/// <param name="RuntimeBytes">Memory of the process before any model: runtime, libraries, actor system.</param>
/// <param name="Stages">The stages, one after the other in one process.</param>
public sealed record TrainerReading(long RuntimeBytes, IReadOnlyList<StageReading> Stages);
