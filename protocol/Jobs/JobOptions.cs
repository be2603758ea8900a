namespace Ism.Protocol.Jobs;

/// <summary>
/// A whole job, resolved: defaults, variant, user's file and overrides already laid over each other. Written as job.json into the
/// workspace, from where every node reads it. Plain data; the command line reads and checks it from YAML.
/// </summary>
public sealed record JobOptions
{
    /// <summary>Short name; letters, digits, '-' and '_'. Part of actor and file names.</summary>
    public string Name { get; init; } = "job";

    /// <summary>Folder that every node of the job reaches, or s3://bucket/prefix; holds everything the job makes.</summary>
    public string Workspace { get; init; } = "runs/job";

    /// <summary>Every draw of the job (order, crops, masks, initial weights, k-means starts) follows from this number.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The protein language model that is tuned.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>The structures that are tokenised and trained on.</summary>
    public CorpusOptions Corpus { get; init; } = new();

    /// <summary>The atomic autoencoder that turns microenvironments into embeddings.</summary>
    public AutoencoderOptions Autoencoder { get; init; } = new();

    /// <summary>The k-means codebook that turns embeddings into structure tokens.</summary>
    public CodebookOptions Codebook { get; init; } = new();

    /// <summary>How structures become tokens.</summary>
    public FeaturizingOptions Featurizing { get; init; } = new();

    /// <summary>MutRank, the second teacher: made when alignments are given.</summary>
    public MutRankOptions Mutrank { get; init; } = new();

    /// <summary>Further teachers whose tokens were made elsewhere: a list of {name, tokens, clusters, alphabet, weight, excluded, mostMissing}
    /// (docs/jobs.md). Each adds a column of tokens, a linear head and a loss term.</summary>
    public IReadOnlyList<TeacherOptions> Teachers { get; init; } = [];

    /// <summary>Structure-tuning.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>How the training steps of structure-tuning are computed.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>Numbers of nodes and how they work together.</summary>
    public ClusterOptions Cluster { get; init; } = new();
}
