using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Atlas;

/// <summary>What is told beside an atlas.</summary>
public sealed record AtlasFacts
{
    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }

    /// <summary>SHA-256 of the codebook's centroids.</summary>
    public required string Codebook { get; init; }

    /// <summary>The token left out of the structure loss; null for none.</summary>
    public int? Excluded { get; init; }

    /// <summary>Why that one, or why none.</summary>
    public string ExcludedReason { get; init; } = "";

    /// <summary>Inertia over K; null where it was not tabulated.</summary>
    public ElbowTable? Elbow { get; init; }
}
