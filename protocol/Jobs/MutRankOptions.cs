namespace Ism.Protocol.Jobs;

/// <summary>
/// MutRank, the second teacher: an encoder of the autoencoder's shape that learns from masked microenvironments how a protein's alignment ranks
/// mutations (EvoRank objective), a codebook of its embeddings, and its tokens as a second token sequence with a head and a loss of its own.
/// Width, heads, layers, batch, learning rate and residues per structure are those of <c>autoencoder</c>.
/// </summary>
public sealed record MutRankOptions
{
    /// <summary>Name of the token sequence: of its column, head and metrics.</summary>
    public const string Teacher = "mutrank";

    /// <summary>Folder with alignments of the structures' chains, named ID_CHAIN.a3m or ID.a3m (also .a2m, aligned .fasta; .gz). Empty: no MutRank.
    /// </summary>
    public string Alignments { get; init; } = "";

    /// <summary>Folder "mutrank" of another job's workspace, with encoder and codebook; nothing is trained. Empty: train them.</summary>
    public string From { get; init; } = "";

    /// <summary>What is predicted of a mutation from a column's probabilities p: "rank" (difference of the normalised ranks of p), "log-odds"
    /// (of ln p) or "probability" (of p).</summary>
    public string Target { get; init; } = "rank";

    /// <summary>Number of tokens.</summary>
    public int Clusters { get; init; } = 512;

    /// <summary>Epochs over the experimental structures (autoencoder.structures).</summary>
    public double Epochs { get; init; } = 10;

    /// <summary>What BLOSUM62's substitution probabilities weigh in a column, in effective sequences.</summary>
    public double PseudoCounts { get; init; } = 10;

    /// <summary>Share of identical residues from which two aligned sequences count as one.</summary>
    public double Identity { get; init; } = 0.8;

    /// <summary>Sequences of an alignment that are used; of more, the query and others evenly spaced. Time grows with the square.</summary>
    public int Sequences { get; init; } = 10_000;

    /// <summary>Weight of this teacher's loss, on top of tuning.structureWeight; 0: it is reported, nothing is learnt from it.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Token left out of the loss: "auto" (highest share of residues under pLDDT 50), "none", or a token id.</summary>
    public string ExcludedToken { get; init; } = "auto";

    /// <summary>Whether the job has this teacher.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsOn => Alignments.Length > 0 || From.Length > 0;
}
