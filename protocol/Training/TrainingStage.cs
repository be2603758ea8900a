using Ism.Protocol.Samples;
using MessagePack;

namespace Ism.Protocol.Training;

/// <summary>What a stage trains; the trainer makes the objective from this, job.json and the stage's files.</summary>
public enum ObjectiveKind : byte
{
    /// <summary>Atomic autoencoder, stage 1: distogram and amino acid.</summary>
    AutoencoderStage1 = 1,

    /// <summary>Atomic autoencoder, stage 2: coordinates as well.</summary>
    AutoencoderStage2 = 2,

    /// <summary>The encoder with the amino acid loss alone (MutComputeX-GT).</summary>
    AminoAcid = 3,

    /// <summary>Structure-tuning of ESM2.</summary>
    StructureTuning = 4,

    /// <summary>The encoder with the EvoRank objective on profiles of alignments (MutRank).</summary>
    EvoRank = 5,
}

/// <summary>
/// One training run of the group: a fixed number of steps over one catalogue. Together with job.json it decides every sample, mask
/// and learning rate; nothing in it depends on how many trainers there are. Paths are relative to the workspace.
/// </summary>
[MessagePackObject]
public sealed record TrainingStage
{
    /// <summary>Names the stage within the job, e.g. "structure-tuning".</summary>
    [Key(0)]
    public required string StageId { get; init; }

    [Key(1)]
    public required ObjectiveKind Objective { get; init; }

    [Key(2)]
    public required SampleKind Samples { get; init; }

    /// <summary>Catalogue trained on.</summary>
    [Key(3)]
    public required string Catalogue { get; init; }

    /// <summary>Catalogue evaluated on; empty for none.</summary>
    [Key(4)]
    public string Heldout { get; init; } = "";

    /// <summary>Structures of a global batch.</summary>
    [Key(5)]
    public required int GlobalBatch { get; init; }

    [Key(6)]
    public required long TotalSteps { get; init; }

    [Key(7)]
    public required long WarmupSteps { get; init; }

    [Key(8)]
    public required double LearningRate { get; init; }

    /// <summary>Key of the stage's order and draws; made from the job's seed and the stage's name.</summary>
    [Key(9)]
    public required long Seed { get; init; }

    /// <summary>Folder of the stage's checkpoints.</summary>
    [Key(10)]
    public required string Checkpoints { get; init; }

    /// <summary>Folder of the finished model.</summary>
    [Key(11)]
    public required string Output { get; init; }

    /// <summary>Folder of an autoencoder to start from; empty for none.</summary>
    [Key(12)]
    public string StartFrom { get; init; } = "";

    /// <summary>Folder of token files (structure-tuning), or of profiles (EvoRank).</summary>
    [Key(13)]
    public string Tokens { get; init; } = "";

    /// <summary>Folder of the held-out token files.</summary>
    [Key(14)]
    public string HeldoutTokens { get; init; } = "";

    /// <summary>Structure tokens (K) of the codebook.</summary>
    [Key(15)]
    public int Clusters { get; init; }

    /// <summary>Token left out of the structure loss; -1 for none.</summary>
    [Key(16)]
    public int ExcludedToken { get; init; } = -1;

    /// <summary>Heads of further teachers, in the order of their columns in the token files.</summary>
    [Key(17)]
    public TeacherHeads Teachers { get; init; } = TeacherHeads.None;

    /// <summary>File with the scale of the encoder's embeddings where structure-tuning regresses them; empty: it classifies tokens.</summary>
    [Key(18)]
    public string Features { get; init; } = "";
}
