using Ism.Corpus;

namespace Ism.Evaluation.Reports;

/// <summary>Everything a finished (or interrupted) run tells its user. Parts without data are left out of the report.</summary>
public sealed record RunReport
{
    /// <summary>The job's name.</summary>
    public required string JobName { get; init; }

    /// <summary>One sentence on how the run ended, e.g. "completed 400 steps in 3 min 12 s".</summary>
    public string Summary { get; init; } = "";

    /// <summary>When the report was written; null leaves it out (reports of equal runs are then equal).</summary>
    public DateTimeOffset? Written { get; init; }

    /// <summary>Program version, hardware, threads and the like, as (name, value).</summary>
    public IReadOnlyList<ReportValue> Environment { get; init; } = [];

    /// <summary>The resolved job, one row a key ("tuning.learningRate").</summary>
    public IReadOnlyList<ReportValue> Settings { get; init; } = [];

    /// <summary>What became of every structure, per catalogue.</summary>
    public IReadOnlyList<StructureAccount> Accounts { get; init; } = [];

    /// <summary>Training stages in their order.</summary>
    public IReadOnlyList<TrainingCurves> Stages { get; init; } = [];

    /// <summary>Use of the tokens of each teacher.</summary>
    public IReadOnlyList<TokenUse> Tokens { get; init; } = [];

    /// <summary>Inertia over K, and the K that was used.</summary>
    public ElbowTable? Elbow { get; init; }

    /// <summary>Right predictions on held-out structures.</summary>
    public IReadOnlyList<HeldoutMetric> Heldout { get; init; } = [];
}

/// <summary>A named value as text.</summary>
public readonly record struct ReportValue(string Name, string Value);

/// <summary>A point of a curve: a step (or other abscissa) and a value.</summary>
public readonly record struct CurvePoint(double X, double Y);

/// <summary>A named curve.</summary>
public sealed record Curve(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>Something counted, with one example.</summary>
public sealed record CountedReason(string Reason, long Count, string Example);

/// <summary>Every structure of a catalogue: tokenised or quarantined with a reason.</summary>
/// <param name="Name">"corpus", "held out", ...</param>
/// <param name="Structures">Structures in the catalogue.</param>
/// <param name="Tokenised">Structures with at least one tokenised chain.</param>
/// <param name="Chains">Tokenised protein chains.</param>
/// <param name="Residues">Tokenised residues.</param>
/// <param name="Reasons">Quarantined structures counted by reason.</param>
/// <param name="Quarantined">The quarantined structures; a report shows the first few hundred.</param>
/// <param name="Notes">What was decided while reading, counted.</param>
public sealed record StructureAccount(string Name, long Structures, long Tokenised, long Chains, long Residues,
    IReadOnlyList<CountedReason> Reasons, IReadOnlyList<QuarantinedStructure> Quarantined, IReadOnlyList<CountedReason> Notes)
{
    /// <summary>Structures that could not be used.</summary>
    public long QuarantinedCount => Reasons.Sum(reason => reason.Count);
}

/// <summary>Curves of one training stage over its steps.</summary>
/// <param name="Name">"autoencoder stage 1", "structure-tuning", ...</param>
/// <param name="Losses">One curve a loss term.</param>
/// <param name="LearningRate">Learning rate; may be null.</param>
/// <param name="TokensPerSecond">Useful tokens/s over all ranks; may be null.</param>
public sealed record TrainingCurves(string Name, IReadOnlyList<Curve> Losses, Curve? LearningRate, Curve? TokensPerSecond);

/// <summary>How often each token occurs.</summary>
/// <param name="Teacher">Name of the token sequence.</param>
/// <param name="Corpus">Counts in the corpus that is trained on.</param>
/// <param name="Experimental">Counts in the structures that the codebook was made from; null when not counted.</param>
/// <param name="Excluded">The token left out of the structure loss; null for none.</param>
/// <param name="ExcludedReason">How it was chosen, e.g. "auto: 94 % of its residues are under pLDDT 50".</param>
public sealed record TokenUse(string Teacher, TokenHistogram Corpus, TokenHistogram? Experimental, int? Excluded,
    string ExcludedReason);

/// <summary>Inertia of k-means over K.</summary>
/// <param name="Points">(K, inertia), the inertia summed or averaged alike for all K.</param>
/// <param name="Chosen">The K that was used.</param>
/// <param name="Suggested">Where the curve has its knee; null for none.</param>
public sealed record ElbowTable(IReadOnlyList<CurvePoint> Points, int Chosen, int? Suggested = null);

/// <summary>Accuracy on held-out structures over steps.</summary>
/// <param name="Name">"structure tokens (autoencoder)", "masked amino acids", ...</param>
/// <param name="Accuracy">Share of right predictions in [0, 1] over steps.</param>
/// <param name="Baseline">Share in [0, 1] that always saying the most frequent answer gets right; null for none.</param>
public sealed record HeldoutMetric(string Name, Curve Accuracy, double? Baseline)
{
    /// <summary>The share is one of variance explained, not of right predictions; always saying the mean explains none.</summary>
    public bool IsExplained { get; init; }
}
