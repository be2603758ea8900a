namespace Ism.Protocol.Jobs;

/// <summary>Structure-tuning: losses, schedule, batches, checkpoints.</summary>
public sealed record TuningOptions
{
    /// <summary>Value of <see cref="StructurePositions"/>: every residue.</summary>
    public const string AllPositions = "all";

    /// <summary>Value of <see cref="StructurePositions"/>: the residues chosen for masked language modelling.</summary>
    public const string MaskedPositions = "masked";

    /// <summary>Value of <see cref="StructureTarget"/>: the codebook's tokens.</summary>
    public const string TokenTarget = "tokens";

    /// <summary>Value of <see cref="StructureTarget"/>: the encoder's embeddings.</summary>
    public const string FeatureTarget = "features";

    /// <summary>Passes over the corpus; may be a fraction.</summary>
    public double Epochs { get; init; } = 20;

    /// <summary>Epochs of linear warm-up from 0, then a cosine down to 0; fewer than the epochs.</summary>
    public double WarmupEpochs { get; init; } = 4;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 5e-3;

    /// <summary>Gradients are scaled down to this global L2 norm; 0 switches it off.</summary>
    public double ClipNorm { get; init; } = 1.0;

    /// <summary>Proteins in a global batch, over all ranks.</summary>
    public int GlobalBatch { get; init; } = 1536;

    /// <summary>Residues of a random crop.</summary>
    public int Crop { get; init; } = 512;

    /// <summary>Share of residues chosen for masked language modelling (80/10/10 mask, random, kept).</summary>
    public double MaskFraction { get; init; } = 0.15;

    /// <summary>Weight of the structure loss.</summary>
    public double StructureWeight { get; init; } = 1;

    /// <summary>Where the structure loss is taken: "all" (every residue, as the method has it) or "masked" (the residues chosen for
    /// masked language modelling alone: an ablation).</summary>
    public string StructurePositions { get; init; } = AllPositions;

    /// <summary>What is learnt of the autoencoder: "tokens" (cross entropy, as the method has it) or "features" (its embeddings, by the normalised
    /// mean squared error: an ablation; token files keep 2 bytes a channel and residue more). Further teachers are tokens in both cases.</summary>
    public string StructureTarget { get; init; } = TokenTarget;

    /// <summary>Weight of the masked language model loss.</summary>
    public double MlmWeight { get; init; } = 1;

    /// <summary>Tokens (residues with BOS and EOS) in one micro-batch of one rank at most; at least the crop and 2; bounds memory.</summary>
    public int TokensPerMicroBatch { get; init; } = 8192;

    /// <summary>Steps between checkpoints; they are written in the background, and one that comes while the last is still being written is left
    /// out.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>Checkpoints kept, the newest; older ones are deleted once a newer one is in place.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>Checkpoints after a multiple of this many steps are kept for ever; a multiple of <see cref="CheckpointEvery"/>; 0: none.</summary>
    public int KeepCheckpointEvery { get; init; }

    /// <summary>What follows when a loss, gradient or input is NaN or infinite: "skip" (that step changes nothing on any rank) or "stop".</summary>
    public string NonFinite { get; init; } = "skip";

    /// <summary>With "skip": so many refused steps in a row end the job.</summary>
    public int NonFiniteLimit { get; init; } = 5;

    /// <summary>A loss or gradient norm so many standard deviations above the mean of the last 100 steps is named in the log and in
    /// metrics.jsonl; 0 switches it off. Training is not affected.</summary>
    public double OutlierSigma { get; init; } = 6;

    /// <summary>Steps between held-out evaluations; 0: at the end only.</summary>
    public int EvaluateEvery { get; init; }
}
