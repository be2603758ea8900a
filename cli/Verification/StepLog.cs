using System.Text.Json;

namespace Ism.Cli.Verification;

/// <summary>A completed step as metrics.jsonl has it.</summary>
internal sealed record LoggedStep(long Step, double Loss, string Digest, int World, long Generation, DateTimeOffset Time);

/// <summary>The step lines of one stage, in the order of the file; a step done again appears again.</summary>
internal static class StepLog
{
    /// <summary>Reads a stage's lines; what was cut short by a crash is left out.</summary>
    public static IReadOnlyList<LoggedStep> Read(string path, string stage)
    {
        var steps = new List<LoggedStep>();
        foreach (var line in File.ReadLines(path))
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                if (root.GetProperty("stage").GetString() == stage && root.TryGetProperty("loss", out var loss))
                {
                    steps.Add(new LoggedStep(
                        root.GetProperty("step").GetInt64(),
                        loss.GetDouble(),
                        root.GetProperty("samples_digest").GetString()!,
                        root.GetProperty("world").GetInt32(),
                        root.GetProperty("generation").GetInt64(),
                        root.GetProperty("time").GetDateTimeOffset()));
                }
            }
            catch (JsonException)
            {
                // Cut short when its writer was killed; the step was done again.
            }
        }

        return steps;
    }

    /// <summary>The line that counts of each step: the last one.</summary>
    public static SortedDictionary<long, LoggedStep> Last(IEnumerable<LoggedStep> steps)
    {
        var last = new SortedDictionary<long, LoggedStep>();
        foreach (var step in steps)
        {
            last[step.Step] = step;
        }

        return last;
    }
}
