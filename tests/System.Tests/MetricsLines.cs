using System.Text;
using System.Text.Json;

namespace Ism.System.Tests;

/// <summary>A step in metrics.jsonl.</summary>
internal sealed record StepLine(
    long Step, double Loss, double GradientNorm, long Samples, long Tokens, int World, long Generation, DateTimeOffset Time);

/// <summary>Reads metrics.jsonl, also while it is being written.</summary>
internal static class MetricsLines
{
    private const string Tuning = "structure-tuning";
    private const int TailBytes = 1 << 15;

    /// <summary>The steps of a stage; of a step that was done again the last line counts.</summary>
    public static IReadOnlyDictionary<long, StepLine> Steps(string path, string stage)
    {
        var steps = new SortedDictionary<long, StepLine>();
        foreach (var step in Read(path).Select(line => Step(line, stage)).OfType<StepLine>())
        {
            steps[step.Step] = step;
        }

        return steps;
    }

    /// <summary>The evaluations of a stage by step.</summary>
    public static IReadOnlyDictionary<long, IReadOnlyDictionary<string, double>> Evaluations(string path, string stage)
    {
        var evaluations = new SortedDictionary<long, IReadOnlyDictionary<string, double>>();
        foreach (var line in Read(path))
        {
            if (line.GetProperty("stage").GetString() == stage && line.TryGetProperty("evaluation", out var evaluation))
            {
                evaluations[line.GetProperty("step").GetInt64()] = evaluation.Deserialize<Dictionary<string, double>>()!;
            }
        }

        return evaluations;
    }

    /// <summary>The lines of structure-tuning in their order, steps done again twice.</summary>
    public static IReadOnlyList<StepLine> All(string workspace) =>
        [.. Read(PathIn(workspace)).Select(line => Step(line, Tuning)).OfType<StepLine>()];

    /// <summary>The last line of a step of structure-tuning so far; null before the first. Reads only the end of the file.</summary>
    public static StepLine? LastTuning(string workspace) =>
        Read(PathIn(workspace), TailBytes).Select(line => Step(line, Tuning)).OfType<StepLine>().LastOrDefault();

    /// <summary>The last completed step of structure-tuning so far; 0 before the first.</summary>
    public static long LastTuningStep(string workspace) => LastTuning(workspace)?.Step ?? 0;

    private static string PathIn(string workspace) => Path.Combine(workspace, "metrics.jsonl");

    private static StepLine? Step(JsonElement line, string stage) =>
        line.GetProperty("stage").GetString() != stage || !line.TryGetProperty("loss", out var loss) ? null : new StepLine(
            line.GetProperty("step").GetInt64(),
            loss.GetDouble(),
            line.GetProperty("gradient_norm").GetDouble(),
            line.GetProperty("samples").GetInt64(),
            line.GetProperty("tokens").GetInt64(),
            line.GetProperty("world").GetInt32(),
            line.GetProperty("generation").GetInt64(),
            line.GetProperty("time").GetDateTimeOffset());

    private static IEnumerable<JsonElement> Read(string path, int tail = int.MaxValue)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(Math.Max(0, stream.Length - tail), SeekOrigin.Begin);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n').Select(Parse).OfType<JsonElement>()];
    }

    // What was cut short: the last line while it is being written, the first one of a tail, one whose writer was killed.
    private static JsonElement? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
