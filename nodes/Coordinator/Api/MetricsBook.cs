using System.Text.Json;

namespace Ism.Coordinator.Api;

/// <summary>Steps and evaluations from the lines of metrics.jsonl, by stage and step. A step that was done again counts once, as it was
/// done last. Not thread-safe.</summary>
public sealed class MetricsBook
{
    private readonly Dictionary<string, List<StepView>> _steps = [];
    private readonly Dictionary<string, SortedDictionary<long, EvaluationView>> _evaluations = [];
    private readonly List<string> _stages = [];

    /// <summary>Stages in the order in which they were first seen.</summary>
    public IReadOnlyList<string> Stages => _stages;

    /// <summary>The step that was written last; null before the first.</summary>
    public StepView? Newest { get; private set; }

    /// <summary>Steps of a stage (all stages when empty) after <paramref name="after"/>.</summary>
    public IReadOnlyList<StepView> Steps(string stage, long after)
    {
        if (stage.Length == 0)
        {
            return [.. _stages.SelectMany(s => Steps(s, after))];
        }

        if (!_steps.TryGetValue(stage, out var steps))
        {
            return [];
        }

        var from = IndexOf(steps, after + 1);
        return steps.GetRange(from, steps.Count - from);
    }

    /// <summary>Evaluations of a stage (all stages when empty).</summary>
    public IReadOnlyList<EvaluationView> Evaluations(string stage) => stage.Length == 0
        ? [.. _evaluations.Values.SelectMany(e => e.Values)]
        : _evaluations.TryGetValue(stage, out var known) ? [.. known.Values] : [];

    /// <summary>Takes the next line; one of another kind, or half of one, is passed over.</summary>
    public void Take(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.TryGetProperty("evaluation", out var evaluation))
            {
                Take(Evaluation(root, evaluation));
            }
            else if (root.TryGetProperty("loss", out var loss) && root.TryGetProperty("tokens_per_second", out var speed))
            {
                Take(Step(root, loss, speed));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // What is read next may be whole.
        }
    }

    private void Take(StepView step)
    {
        if (!_steps.TryGetValue(step.Stage, out var steps))
        {
            _steps[step.Stage] = steps = [];
            _stages.Add(step.Stage);
        }

        var at = IndexOf(steps, step.Step);
        if (at < steps.Count && steps[at].Step == step.Step)
        {
            steps[at] = step;
        }
        else
        {
            steps.Insert(at, step);
        }

        Newest = step;
    }

    private void Take(EvaluationView evaluation)
    {
        if (!_evaluations.TryGetValue(evaluation.Stage, out var known))
        {
            _evaluations[evaluation.Stage] = known = [];
        }

        known[evaluation.Step] = evaluation;
    }

    // The first that is not before a step; nearly always the end.
    private static int IndexOf(List<StepView> steps, long step)
    {
        if (steps.Count == 0 || steps[^1].Step < step)
        {
            return steps.Count;
        }

        var (low, high) = (0, steps.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = steps[middle].Step < step ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static EvaluationView Evaluation(JsonElement root, JsonElement evaluation) => new(
        root.GetProperty("stage").GetString() ?? "",
        root.GetProperty("step").GetInt64(),
        evaluation.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Number).ToDictionary(p => p.Name, p => p.Value.GetDouble()),
        root.GetProperty("time").GetDateTimeOffset());

    private static StepView Step(JsonElement root, JsonElement loss, JsonElement speed) => new(
        root.GetProperty("stage").GetString() ?? "",
        root.GetProperty("step").GetInt64(),
        loss.GetDouble(),
        Number(root, "gradient_norm"),
        Number(root, "learning_rate"),
        speed.GetDouble(),
        Number(root, "waiting") ?? 0,
        Number(root, "seconds") ?? 0,
        (int)(Number(root, "world") ?? 0),
        (long)(Number(root, "generation") ?? 0),
        root.GetProperty("time").GetDateTimeOffset(),
        root.TryGetProperty("outlier", out var outlier) && outlier.ValueKind == JsonValueKind.Object
            ? string.Join(", ", outlier.EnumerateObject().Select(p => p.Name))
            : null,
        Number(root, "share_of_peak"));

    private static double? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
