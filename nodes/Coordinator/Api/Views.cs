using System.Text.Json.Serialization;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>A job in the list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The name its file gives it.</param>
/// <param name="State">queued, current, complete, failed or cancelled.</param>
/// <param name="Place">Jobs before it in the queue; 0 for the current one; null when it has ended.</param>
/// <param name="Submitted">When (UTC).</param>
/// <param name="By">By whom.</param>
/// <param name="Ended">When (UTC); null while it has not.</param>
/// <param name="Error">Why it ended without its result; null otherwise.</param>
public sealed record JobSummary(
    string Id, string Name, string State, int? Place, DateTimeOffset Submitted, string By, DateTimeOffset? Ended, string? Error);

/// <summary>Where a job stands.</summary>
public sealed record JobView
{
    /// <summary>The job as the list has it.</summary>
    public required JobSummary Job { get; init; }

    /// <summary>A person has paused it.</summary>
    public bool Paused { get; init; }

    /// <summary>This coordinator is a member of the job's cluster; without it only what stands in files is known.</summary>
    public bool Live { get; init; }

    /// <summary>How often the job was opened.</summary>
    public int Incarnation { get; init; }

    /// <summary>Address of the coordinator that drives it; empty when not known.</summary>
    public string DrivenBy { get; init; } = "";

    /// <summary>Its stages in their order, as far as they have begun.</summary>
    public IReadOnlyList<StageView> Stages { get; init; } = [];

    /// <summary>The newest step of training; null before the first.</summary>
    public StepView? Training { get; init; }

    /// <summary>The newest step of the stage that is trained now; null while none is: <see cref="Training"/> is then of a stage before.</summary>
    [JsonIgnore]
    public StepView? TrainedNow =>
        Training is { } step && Stages.Any(s => s.State == "running" && s.Unit == "steps" && s.Started <= step.Time) ? step : null;

    /// <summary>The training group; null before its first generation.</summary>
    public GenerationView? Generation { get; init; }

    /// <summary>Works of the featurizers that are open.</summary>
    public IReadOnlyList<WorkStatus> Works { get; init; } = [];

    /// <summary>Nodes of the cluster.</summary>
    public IReadOnlyList<NodeView> Nodes { get; init; } = [];

    /// <summary>Trainers that are wanted.</summary>
    public int Trainers { get; init; }

    /// <summary>Featurizers that are wanted.</summary>
    public int Featurizers { get; init; }

    /// <summary>The last notes and warnings, the newest last.</summary>
    public IReadOnlyList<EventView> Recent { get; init; } = [];
}

/// <summary>A stage of a job.</summary>
/// <param name="Name">One of <see cref="RunStages"/>.</param>
/// <param name="State">running or finished.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 where not known.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Rate">Units a second over the last minute or so; null where not known.</param>
/// <param name="SecondsLeft">Time left at that rate; null where not known.</param>
/// <param name="Started">When it began (UTC).</param>
/// <param name="Finished">When it was complete (UTC); null while it is not.</param>
/// <param name="Metrics">Its last numbers by name.</param>
/// <param name="Message">What it said last.</param>
/// <param name="SecondsTaken">How long it was worked on, without the time in which no coordinator drove it; null while it is not complete.</param>
public sealed record StageView(
    string Name, string State, double Done, double Total, string Unit, double? Rate, double? SecondsLeft,
    DateTimeOffset Started, DateTimeOffset? Finished, IReadOnlyDictionary<string, double> Metrics, string Message,
    double? SecondsTaken = null)
{
    /// <summary>Whether <see cref="Done"/> and <see cref="Total"/> say something: a stage that counts several things one after the other
    /// ends without a count of the whole.</summary>
    [JsonIgnore]
    public bool IsCounted => Unit.Length > 0 && (Finished is null ? Total > 0 || Done > 0 : Done > 0 && Done >= Total);
}

/// <summary>A step of training, from metrics.jsonl.</summary>
/// <param name="Stage">The stage that is trained.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Its loss.</param>
/// <param name="GradientNorm">Global L2 norm before clipping.</param>
/// <param name="LearningRate">The rate it was done with.</param>
/// <param name="TokensPerSecond">Useful tokens a second of all ranks.</param>
/// <param name="Waiting">Share of the step spent waiting for samples.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="World">Ranks.</param>
/// <param name="Generation">Generation of the group.</param>
/// <param name="Time">When it was done (UTC).</param>
/// <param name="Outlier">What lay far above the steps before (loss, gradient_norm); null when nothing did.</param>
/// <param name="PeakShare">Share of the device's peak that rank 0 computed at; null where that is not known.</param>
public sealed record StepView(
    string Stage, long Step, double Loss, double? GradientNorm, double? LearningRate, double TokensPerSecond, double Waiting,
    double Seconds, int World, long Generation, DateTimeOffset Time, string? Outlier = null, double? PeakShare = null);

/// <summary>Metrics on held-out structures, from metrics.jsonl.</summary>
/// <param name="Stage">The stage that is trained.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Metrics">Numbers by name.</param>
/// <param name="Time">When (UTC).</param>
public sealed record EvaluationView(string Stage, long Step, IReadOnlyDictionary<string, double> Metrics, DateTimeOffset Time);

/// <summary>A generation of the training group, from the events.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Members">Node names by rank.</param>
/// <param name="Why">Why it was formed.</param>
/// <param name="Time">When (UTC).</param>
public sealed record GenerationStart(long Number, IReadOnlyList<string> Members, string Why, DateTimeOffset Time);

/// <summary>The training group.</summary>
/// <param name="Number">Its newest generation.</param>
/// <param name="Members">Node names by rank.</param>
/// <param name="WaitsFor">Why it waits; empty while it does not.</param>
public sealed record GenerationView(long Number, IReadOnlyList<string> Members, string WaitsFor);

/// <summary>A node of the cluster.</summary>
/// <param name="Name">E.g. trainer-2.</param>
/// <param name="Role">Its role.</param>
/// <param name="Address">Its address.</param>
/// <param name="Status">up, joining, leaving, … or unreachable.</param>
public sealed record NodeView(string Name, string Role, string Address, string Status);

/// <summary>Something the job said.</summary>
/// <param name="Number">Line in events.jsonl, from 0.</param>
/// <param name="Kind">note, started, finished, warning, failed, …</param>
/// <param name="Stage">The stage, or empty.</param>
/// <param name="Message">For a person.</param>
/// <param name="Time">When (UTC).</param>
public sealed record EventView(long Number, string Kind, string Stage, string Message, DateTimeOffset Time);

/// <summary>A file of a job.</summary>
/// <param name="Path">Relative to the workspace, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Changed">When it was written last (UTC).</param>
public sealed record FileView(string Path, long Bytes, DateTimeOffset Changed);

/// <summary>The answer to a command.</summary>
/// <param name="Done">Whether it was done.</param>
/// <param name="Message">For a person.</param>
public sealed record CommandView(bool Done, string Message);
