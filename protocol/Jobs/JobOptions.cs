namespace Ism.Protocol.Jobs;

/// <summary>
/// A whole job, resolved: defaults, variant, user's file and overrides already laid over each other. Written as job.json into the
/// workspace, from where every node reads it. Plain data; the command line reads and checks it from YAML.
/// </summary>
public sealed record JobOptions
{
    /// <summary>Short name; letters, digits, '-' and '_'. Part of actor and file names.</summary>
    public string Name { get; init; } = "job";

    /// <summary>Folder that every node of the job reaches; holds everything the job makes.</summary>
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

/// <summary>Which ESM2 is tuned, and from which weights it starts.</summary>
public sealed record ModelOptions
{
    /// <summary>Folder of a Hugging Face EsmForMaskedLM model, or a fair-esm state dict in safetensors. Empty: random weights in
    /// the shape given below.</summary>
    public string From { get; init; } = "";

    /// <summary>Shape when <see cref="From"/> is empty: number of transformer layers.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>Shape when <see cref="From"/> is empty: width of the hidden states.</summary>
    public int Width { get; init; } = 320;

    /// <summary>Shape when <see cref="From"/> is empty: attention heads; must divide <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 20;
}

/// <summary>Where structures come from and which are used.</summary>
public sealed record CorpusOptions
{
    /// <summary>Folders, .tar, .tar.gz, lists (.txt, .list: one path a line) or single files to tokenise and train on.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>The same for structures that are only evaluated on. May be empty.</summary>
    public IReadOnlyList<string> Heldout { get; init; } = [];

    /// <summary>Structures a chunk: the unit of leases, token files and shuffling.</summary>
    public int ChunkSize { get; init; } = 256;

    /// <summary>Chains with fewer residues are left out (and said so).</summary>
    public int MinLength { get; init; } = 20;

    /// <summary>Chains with more residues are left out: a bound on the work one structure can cause.</summary>
    public int MaxLength { get; init; } = 5000;

    /// <summary>Structures whose file is larger, as it is stored, are refused (TooLarge), in MB (2^20 bytes).</summary>
    public int MaxFileMegabytes { get; init; } = 512;

    /// <summary>Structures that are larger after decompression are refused (TooLarge), in MB: a bound on what a hostile file can cause.
    /// </summary>
    public int MaxContentMegabytes { get; init; } = 1024;

    /// <summary>Structures with more heavy atoms in their first model, all alternate locations counted and waters not, are refused
    /// (TooLarge).</summary>
    public int MaxStructureAtoms { get; init; } = 5_000_000;

    /// <summary>Seconds that one structure may take. One that takes longer is tried again alone, for as long, and then refused
    /// (TimedOut). 0: no limit.</summary>
    public double StructureSeconds { get; init; } = 120;

    /// <summary>Managed memory of the process that tries a structure alone, in MB; 0: no limit. Needing more refuses it (Crashed).
    /// </summary>
    public int StructureMegabytes { get; init; } = 4096;

    /// <summary>Radius of a microenvironment around the C-alpha, in Å.</summary>
    public double Radius { get; init; } = 10;

    /// <summary>Atoms kept in a microenvironment, the nearest first.</summary>
    public int MaxAtoms { get; init; } = 512;

    /// <summary>Samples are shuffled within this many chunks of the epoch's order.</summary>
    public int WindowChunks { get; init; } = 16;
}

/// <summary>Shape and training of the atomic autoencoder.</summary>
public sealed record AutoencoderOptions
{
    /// <summary>Folder with a trained autoencoder. Empty: train one.</summary>
    public string From { get; init; } = "";

    /// <summary>Experimental structures to train on (as corpus.structures). Empty: those of the corpus.</summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>"autoencoder" (distogram, amino acid, coordinates) or "amino-acid" (MutComputeX-GT: the amino acid loss alone).</summary>
    public string Objective { get; init; } = "autoencoder";

    /// <summary>Encoder layers (graph transformer).</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Decoder layers (plain transformer).</summary>
    public int DecoderLayers { get; init; } = 2;

    /// <summary>Width of atom features and of the embedding.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Attention heads; must divide the width.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>First value of the encoder's LayerScale: how much each layer adds at the beginning. 0.001 suits long training, 1 short.
    /// </summary>
    public double LayerScale { get; init; } = 1e-3;

    /// <summary>"linear" (the distogram is classified from W_a f_i - W_b f_j itself) or "gelu" (with a GELU between).</summary>
    public string PairActivation { get; init; } = "linear";

    /// <summary>Weight of the distogram's cross entropy.</summary>
    public double DistogramWeight { get; init; } = 1;

    /// <summary>Weight of the amino acid's cross entropy.</summary>
    public double AminoAcidWeight { get; init; } = 1;

    /// <summary>Weight, in stage 2, of the aligned squared error in Å²; that error is tens of Å² where cross entropies are a few nats.
    /// </summary>
    public double CoordinatesWeight { get; init; } = 0.05;

    /// <summary>Epochs of stage 1 (distogram and amino acid).</summary>
    public double Stage1Epochs { get; init; } = 5;

    /// <summary>Epochs of stage 2 (coordinates as well).</summary>
    public double Stage2Epochs { get; init; } = 5;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Structures in a global batch.</summary>
    public int GlobalBatch { get; init; } = 32;

    /// <summary>Residues drawn from each structure at each visit; 0 takes all.</summary>
    public int ResiduesPerStructure { get; init; } = 16;

    /// <summary>Bound on the sum of squared atom counts (padded) in a micro-batch; bounds memory.</summary>
    public long AtomPairsPerMicroBatch { get; init; } = 2_000_000;
}

/// <summary>K-means over embeddings, and the token left out of the structure loss.</summary>
public sealed record CodebookOptions
{
    /// <summary>Folder with a codebook. Empty: make one.</summary>
    public string From { get; init; } = "";

    /// <summary>Number of structure tokens (K).</summary>
    public int Clusters { get; init; } = 64;

    /// <summary>Values of K whose inertia is tabulated and drawn. Empty: no elbow.</summary>
    public IReadOnlyList<int> Elbow { get; init; } = [8, 16, 32, 64, 128];

    /// <summary>Residues drawn per structure for the codebook; 0 takes all.</summary>
    public int ResiduesPerStructure { get; init; } = 64;

    /// <summary>Embeddings used for k-means++ starts and for the elbow.</summary>
    public int StartSample { get; init; } = 20_000;

    /// <summary>Lloyd iterations at most.</summary>
    public int MaxIterations { get; init; } = 50;

    /// <summary>"auto" (highest share of residues under pLDDT 50), "none", or a token id.</summary>
    public string ExcludedToken { get; init; } = "auto";

    /// <summary>Chunks, in training order, whose tokens and pLDDT decide "auto".</summary>
    public int ExcludedTokenChunks { get; init; } = 64;
}

/// <summary>How featurizers compute.</summary>
public sealed record FeaturizingOptions
{
    /// <summary>Value of <see cref="Precision"/>: float32.</summary>
    public const string Float32 = "fp32";

    /// <summary>Value of <see cref="Precision"/>: bfloat16.</summary>
    public const string BFloat16 = "bf16";

    /// <summary>Precision of the encoder's matrix products: "fp32", or "bf16" (somewhat faster on CPUs with avx512_bf16 or amx_bf16; over 98 %
    /// of the tokens stay the same; needs 512-bit vectors and a head width that is a multiple of 16).</summary>
    public string Precision { get; init; } = Float32;

    /// <summary>Structures that are read, cleaned and searched for microenvironments ahead of the one that the encoder is at; 0: none. Tokens do
    /// not depend on it, nor does the number of cores used (cluster.threadsPerFeaturizer).</summary>
    public int ReadAhead { get; init; } = 2;
}

/// <summary>Structure-tuning: losses, schedule, batches, checkpoints.</summary>
public sealed record TuningOptions
{
    /// <summary>Value of <see cref="StructurePositions"/>: every residue.</summary>
    public const string AllPositions = "all";

    /// <summary>Value of <see cref="StructurePositions"/>: the residues chosen for masked language modelling.</summary>
    public const string MaskedPositions = "masked";

    /// <summary>Passes over the corpus.</summary>
    public double Epochs { get; init; } = 20;

    /// <summary>Epochs of linear warm-up from 0.</summary>
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

    /// <summary>Weight of the structure-token loss.</summary>
    public double StructureWeight { get; init; } = 1;

    /// <summary>Where the structure-token loss is taken: "all" (every residue, as the method has it) or "masked" (the residues chosen for
    /// masked language modelling alone: an ablation).</summary>
    public string StructurePositions { get; init; } = AllPositions;

    /// <summary>Weight of the masked language model loss.</summary>
    public double MlmWeight { get; init; } = 1;

    /// <summary>Residues in one micro-batch of one rank at most; bounds memory.</summary>
    public int TokensPerMicroBatch { get; init; } = 8192;

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>Checkpoints kept, the newest; older ones are deleted once a newer one is in place.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>Checkpoints after a multiple of this many steps are kept for ever; 0: none.</summary>
    public int KeepCheckpointEvery { get; init; }

    /// <summary>What follows when a loss, gradient or input is NaN or infinite: "skip" (that step changes nothing) or "stop".</summary>
    public string NonFinite { get; init; } = "skip";

    /// <summary>With "skip": so many refused steps in a row end the job.</summary>
    public int NonFiniteLimit { get; init; } = 5;

    /// <summary>A loss or gradient norm so many standard deviations above the mean of the last 100 steps is named in the log and in
    /// metrics.jsonl; 0 switches it off. Training is not affected.</summary>
    public double OutlierSigma { get; init; } = 6;

    /// <summary>Steps between held-out evaluations; 0: at the end only.</summary>
    public int EvaluateEvery { get; init; }
}

/// <summary>How the training steps of structure-tuning are computed: none of this changes what is learnt but for rounding.</summary>
public sealed record TrainingOptions
{
    /// <summary>"fp32"; "tf32" (on CUDA, matrix products with ten bits of mantissa; elsewhere as fp32); "bf16" (transformer layers in
    /// bfloat16 from a working copy of the weights; weights, moments, sums of gradients, norms' statistics and losses stay fp32).
    /// </summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>In what gradients are added up over trainers: "fp32"; "bf16": half the bytes. Each trainer's sum is rounded to bfloat16,
    /// the ring adds two values in fp32 and rounds at each hop: an error of at most 0.4 % of the sum of magnitudes a trainer. With one
    /// trainer nothing is rounded. Whatever the precision of the layers.</summary>
    public string Reduction { get; init; } = "fp32";

    /// <summary>"none"; "blocks": a transformer layer keeps only its input and is computed again on the way back, which costs about a
    /// third more time and saves most of the memory of a micro-batch.</summary>
    public string ActivationCheckpointing { get; init; } = "none";
}

/// <summary>Numbers of nodes, threads and the time limits between them.</summary>
public sealed record ClusterOptions
{
    /// <summary>Coordinator processes that `ism run` starts: one drives the job, the others stand by.</summary>
    public int Coordinators { get; init; } = 1;

    /// <summary>Featurizer processes that `ism run` starts.</summary>
    public int Featurizers { get; init; } = 2;

    /// <summary>Trainer processes that `ism run` starts.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>Compute threads of a trainer; 0: the machine's cores shared among the local trainers.</summary>
    public int ThreadsPerTrainer { get; init; }

    /// <summary>Where trainers compute: "auto" (CUDA where the build and the machine have it, else the CPU), "cpu", or "cuda" (an error where
    /// there is none). Trainers of a machine are spread over its GPUs by number; one GPU serves one trainer.</summary>
    public string TrainerDevice { get; init; } = "auto";

    /// <summary>Cores that a featurizer computes on, encoder and reading ahead together; 0: the machine's cores shared among the local
    /// featurizers. Tokens do not depend on it.</summary>
    public int ThreadsPerFeaturizer { get; init; }

    /// <summary>Chunk leases a featurizer holds at once.</summary>
    public int LeasesPerFeaturizer { get; init; } = 4;

    /// <summary>Seconds after which a chunk whose featurizer says nothing is leased again.</summary>
    public double LeaseSeconds { get; init; } = 60;

    /// <summary>Seconds a collective may wait for a peer.</summary>
    public double CollectiveSeconds { get; init; } = 60;

    /// <summary>Over what trainers add up gradients: auto (NCCL where every trainer computes on a GPU and has it, else the TCP ring),
    /// ring, or nccl (an error where one has it not).</summary>
    public string Collectives { get; init; } = "auto";

    /// <summary>Steps for which a trainer fetches samples ahead.</summary>
    public int PrefetchSteps { get; init; } = 4;

    /// <summary>Journal of the ledger: empty for a SQLite file in the workspace, else a PostgreSQL connection string.</summary>
    public string Journal { get; init; } = "";
}
