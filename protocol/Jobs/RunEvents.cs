using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ism.Protocol.Jobs;

/// <summary>What a <see cref="RunEvent"/> says.</summary>
public enum RunEventKind
{
    /// <summary>Something worth a line, without progress: a node joined, a run continues from a checkpoint.</summary>
    Note,

    /// <summary>A stage begins.</summary>
    Started,

    /// <summary>A stage has got as far as <see cref="RunEvent.Done"/> of <see cref="RunEvent.Total"/>.</summary>
    Progress,

    /// <summary>A stage is complete.</summary>
    Finished,

    /// <summary>Something that a person should look at; the run goes on.</summary>
    Warning,

    /// <summary>The run ends without its result; the message says why.</summary>
    Failed,

    /// <summary>The job wants <see cref="RunEvent.Total"/> nodes of the role <see cref="RunEvent.Stage"/>; for whoever starts nodes.</summary>
    Scale,
}

/// <summary>Names of the stages of a run, in their order.</summary>
public static class RunStages
{
    public const string Catalogue = "catalogue";
    public const string Autoencoder = "autoencoder";
    public const string Codebook = "codebook";
    public const string Tokens = "tokens";

    /// <summary>The second teacher; only in jobs with alignments.</summary>
    public const string MutRank = "mutrank";

    public const string Tuning = "tuning";
    public const string Export = "export";
    public const string Report = "report";

    /// <summary>All stages as they follow each other; tokens and tuning overlap.</summary>
    public static IReadOnlyList<string> All { get; } = [Catalogue, Autoencoder, Codebook, MutRank, Tokens, Tuning, Export, Report];

    /// <summary>What a stage counts, e.g. "steps"; empty where it counts nothing.</summary>
    public static string UnitOf(string stage) => stage switch
    {
        Catalogue => "structures",
        Codebook or Tokens => "chunks",
        Autoencoder or MutRank or Tuning => "steps",
        _ => "",
    };
}

/// <summary>
/// One line of progress: the coordinator prints these to standard output, one JSON object a line, and whoever started it shows
/// them. A reader ignores keys that it does not know.
/// </summary>
/// <param name="Kind">What the event says.</param>
/// <param name="Stage">One of <see cref="RunStages"/>, or empty for the run as a whole.</param>
/// <param name="Done">Units done so far: structures, chunks, steps.</param>
/// <param name="Total">Units of the whole stage; 0 where it is not known yet.</param>
/// <param name="Message">One line for a person; empty when the numbers say it all.</param>
/// <param name="Metrics">Numbers by name, e.g. loss, accuracy, tokens/s.</param>
/// <param name="Time">When it happened (UTC).</param>
public sealed record RunEvent(
    RunEventKind Kind,
    string Stage,
    double Done,
    double Total,
    string Message,
    IReadOnlyDictionary<string, double> Metrics,
    DateTimeOffset Time)
{
    private static readonly IReadOnlyDictionary<string, double> NoMetrics = new Dictionary<string, double>();

    /// <summary>An event of now.</summary>
    public static RunEvent Now(
        RunEventKind kind,
        string stage = "",
        double done = 0,
        double total = 0,
        string message = "",
        IReadOnlyDictionary<string, double>? metrics = null) =>
        new(kind, stage, done, total, message, metrics ?? NoMetrics, DateTimeOffset.UtcNow);

    /// <summary>The event as one line of JSON, without a line end.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, RunEventJson.Default.RunEvent);

    /// <summary>Reads a line that <see cref="ToLine"/> wrote. False for any other text: a stray line of a library is no error.</summary>
    public static bool TryParse(string line, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RunEvent? parsed)
    {
        parsed = null;
        if (!line.StartsWith('{'))
        {
            return false;
        }

        try
        {
            parsed = JsonSerializer.Deserialize(line, RunEventJson.Default.RunEvent);
        }
        catch (JsonException)
        {
            return false;
        }

        if (parsed is { Stage: null } or { Message: null } or { Metrics: null })
        {
            parsed = null;
        }

        return parsed is not null;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunEvent))]
internal sealed partial class RunEventJson : JsonSerializerContext;
