using Ism.Coordinator.Api;
using Ism.Evaluation.Reports;

namespace Ism.Coordinator.Web;

/// <summary>Everything that the page shows, gathered before it is drawn.</summary>
public sealed record PageModel
{
    /// <summary>Jobs to list: those of the queue, then those that ended last.</summary>
    public required IReadOnlyList<JobSummary> Jobs { get; init; }

    /// <summary>Jobs that ended longer ago and are not listed.</summary>
    public int MoreJobs { get; init; }

    /// <summary>The chosen job; null when there is none at all.</summary>
    public JobView? View { get; init; }

    /// <summary>The stage whose curves are shown, with its curves; null before the first step.</summary>
    public StageCurves? Curves { get; init; }

    /// <summary>Stages that have curves.</summary>
    public IReadOnlyList<string> TrainedStages { get; init; } = [];

    /// <summary>Generations of the training group, the newest last.</summary>
    public IReadOnlyList<GenerationStart> Generations { get; init; } = [];

    /// <summary>Nodes that came, went, or changed, the newest last.</summary>
    public IReadOnlyList<NodeChange> NodeChanges { get; init; } = [];

    /// <summary>Chunks of the works that are open.</summary>
    public IReadOnlyList<ChunkGrid> Chunks { get; init; } = [];

    /// <summary>What the token files hold, as far as they are counted.</summary>
    public TokenCounts Tokens { get; init; } = TokenCounts.None;

    /// <summary>Which token is left out of the loss and why; empty while that is not chosen.</summary>
    public string ExcludedToken { get; init; } = "";

    /// <summary>Refused structures.</summary>
    public QuarantineList Quarantine { get; init; } = QuarantineList.None;

    /// <summary>The coordinator that drew the page.</summary>
    public required string ServedBy { get; init; }

    /// <summary>Addresses of the other coordinators: scheme, host and port.</summary>
    public IReadOnlyList<ApiRecord> Others { get; init; } = [];

    /// <summary>What the reader chose.</summary>
    public required PageChoice Choice { get; init; }

    /// <summary>When it was gathered (UTC).</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>What a reader chose, from the page's address.</summary>
/// <param name="Job">Id of the job; null for the one that runs.</param>
/// <param name="Stage">Stage whose curves are shown; null for the newest.</param>
/// <param name="Logarithmic">Losses are drawn over a logarithmic axis.</param>
public sealed record PageChoice(string? Job, string? Stage, bool Logarithmic)
{
    /// <summary>The address of another choice.</summary>
    public string Link(string? stage, bool logarithmic)
    {
        var query = ((string?[])[stage is null ? null : $"stage={Uri.EscapeDataString(stage)}", logarithmic ? "scale=log" : null])
            .OfType<string>().ToList();
        return $"{(Job is null ? "/" : $"/jobs/{Uri.EscapeDataString(Job)}")}{(query.Count > 0 ? $"?{string.Join('&', query)}" : "")}";
    }
}

/// <summary>A series of a plot.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">In ascending order of x.</param>
public sealed record Series(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>A point that is marked in a plot.</summary>
/// <param name="Point">Where.</param>
/// <param name="Hint">Shown when pointed at.</param>
public sealed record Mark(CurvePoint Point, string Hint);

/// <summary>The curves of a training stage over its steps.</summary>
public sealed record StageCurves
{
    /// <summary>The stage.</summary>
    public required string Stage { get; init; }

    /// <summary>Loss.</summary>
    public required Series Loss { get; init; }

    /// <summary>Learning rate.</summary>
    public required Series LearningRate { get; init; }

    /// <summary>Gradient norm.</summary>
    public required Series GradientNorm { get; init; }

    /// <summary>Useful tokens a second.</summary>
    public required Series Throughput { get; init; }

    /// <summary>Share of the device's peak that rank 0 computed at, in percent; without points where the peak is not known.</summary>
    public required Series PeakShare { get; init; }

    /// <summary>Share of a step spent waiting, in percent.</summary>
    public required Series Waiting { get; init; }

    /// <summary>Shares of right predictions on held-out structures, in percent.</summary>
    public required IReadOnlyList<Series> Heldout { get; init; }

    /// <summary>Losses on held-out structures.</summary>
    public required IReadOnlyList<Series> HeldoutLoss { get; init; }

    /// <summary>Steps whose loss lay far above those before.</summary>
    public required IReadOnlyList<Mark> LossOutliers { get; init; }

    /// <summary>Steps whose gradient norm lay far above those before.</summary>
    public required IReadOnlyList<Mark> NormOutliers { get; init; }
}
