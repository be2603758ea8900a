namespace Ism.Protocol.Jobs;

/// <summary>Shape and training of the atomic autoencoder.</summary>
public sealed record AutoencoderOptions
{
    /// <summary>Folder with a trained autoencoder. Empty: train one. Radius and atoms (corpus.radius, corpus.maxAtoms) must be those it was
    /// trained with: the folder does not tell.</summary>
    public string From { get; init; } = "";

    /// <summary>Experimental structures for autoencoder and codebook (as corpus.structures). Empty: those of the corpus.</summary>
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

    /// <summary>Epochs of stage 1 (distogram and amino acid); 0 leaves it out.</summary>
    public double Stage1Epochs { get; init; } = 5;

    /// <summary>Epochs of stage 2 (coordinates as well); with "amino-acid" both are added up.</summary>
    public double Stage2Epochs { get; init; } = 5;

    /// <summary>Peak learning rate; warm-up takes a twentieth of each stage.</summary>
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
