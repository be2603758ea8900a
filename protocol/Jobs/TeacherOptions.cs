namespace Ism.Protocol.Jobs;

/// <summary>
/// A further teacher of structure-tuning: one token a residue, made elsewhere (Foldseek's 3Di, ESM3's structure tokens, another
/// codebook). Plain data; an element of the list <c>teachers</c> of a job.
/// </summary>
public sealed record TeacherOptions
{
    /// <summary>Name of the token sequence: of its column, head, metrics. Letters, digits, '-' and '_'.</summary>
    public string Name { get; init; } = "";

    /// <summary>File with the tokens: Arrow (.arrow, .feather), .csv, .tsv, or FASTA (.fasta, .fa) with an alphabet; text may be gzipped. Or a
    /// folder of Arrow files, e.g. the token files of another job.</summary>
    public string Tokens { get; init; } = "";

    /// <summary>Number of different tokens; they are 0 to clusters - 1. 0: the length of the alphabet.</summary>
    public int Clusters { get; init; }

    /// <summary>Where tokens are letters, one a residue: the letters in the order of their ids, e.g. acdefghiklmnpqrstvwy for 3Di. Empty:
    /// tokens are numbers.</summary>
    public string Alphabet { get; init; } = "";

    /// <summary>Weight of this teacher's loss, on top of tuning.structureWeight.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Token left out of the loss: "none", a token id, or "auto" (highest share of residues under pLDDT 50).</summary>
    public string Excluded { get; init; } = "none";

    /// <summary>Share of the corpus's structures, and of its first chains, that may be without tokens; more ends the job.</summary>
    public double MostMissing { get; init; } = 0.1;

    /// <summary>Number of different tokens, from <see cref="Clusters"/> or the alphabet.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int TokenCount => Clusters > 0 ? Clusters : Alphabet.Length;
}
