using System.Text.Json;

namespace Ism.System.Tests;

/// <summary>A step in metrics.jsonl.</summary>
internal sealed record StepLine(long Step, double Loss, double GradientNorm, long Samples, long Tokens, int World, long Generation);

/// <summary>Reads metrics.jsonl, also while it is being written.</summary>
internal static class MetricsLines
{
    /// <summary>The steps of a stage; of a step that was done again the last line counts.</summary>
    public static IReadOnlyDictionary<long, StepLine> Steps(string path, string stage)
    {
        var steps = new SortedDictionary<long, StepLine>();
        foreach (var line in Read(path))
        {
            if (line.GetProperty("stage").GetString() == stage && line.TryGetProperty("loss", out var loss))
            {
                var step = line.GetProperty("step").GetInt64();
                steps[step] = new StepLine(
                    step,
                    loss.GetDouble(),
                    line.GetProperty("gradient_norm").GetDouble(),
                    line.GetProperty("samples").GetInt64(),
                    line.GetProperty("tokens").GetInt64(),
                    line.GetProperty("world").GetInt32(),
                    line.GetProperty("generation").GetInt64());
            }
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

    /// <summary>The last completed step of structure-tuning so far; 0 before the first.</summary>
    public static long LastTuningStep(string workspace) =>
        Steps(Path.Combine(workspace, "metrics.jsonl"), "structure-tuning").Keys.LastOrDefault();

    private static List<JsonElement> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var text = new StreamReader(stream).ReadToEnd();

        // What follows the last line end is still being written.
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
