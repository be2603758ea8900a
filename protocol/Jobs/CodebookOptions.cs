namespace Ism.Protocol.Jobs;

/// <summary>K-means over embeddings, and the token left out of the structure loss.</summary>
public sealed record CodebookOptions
{
    /// <summary>Most structure tokens that a model can be tuned with: trainers hold tokens in 16 bits with a sign.</summary>
    public const int MostClusters = short.MaxValue;

    /// <summary>Folder with a codebook, made with the same autoencoder. Empty: make one.</summary>
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

    /// <summary>Chunks, in training order, whose tokens and pLDDT decide "auto"; tuning starts when they are tokenised.</summary>
    public int ExcludedTokenChunks { get; init; } = 64;
}
