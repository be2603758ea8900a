using System.Text.Json;

namespace Ism.Evaluation.Reports;

/// <summary>
/// Reads metrics.jsonl: one JSON object a line, a step or an evaluation of a stage. A step that was done again after an interruption
/// appears again; its last line counts. A line cut short by a crash is left out.
/// </summary>
public sealed class MetricsLog
{
    private readonly SortedDictionary<long, Dictionary<string, double>> _empty = [];
    private readonly Dictionary<string, SortedDictionary<long, Dictionary<string, double>>> _steps = [];
    private readonly Dictionary<string, SortedDictionary<long, Dictionary<string, double>>> _evaluations = [];
    private readonly List<string> _stages = [];

    /// <summary>Stages in the order in which they were first seen.</summary>
    public IReadOnlyList<string> Stages => _stages;

    /// <summary>Reads a file; one that does not exist is an empty log.</summary>
    public static MetricsLog Read(string path)
    {
        var log = new MetricsLog();
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            try
            {
                log.Add(JsonDocument.Parse(line).RootElement);
            }
            catch (JsonException)
            {
                // Cut short when its writer was killed; the step was done again.
            }
        }

        return log;
    }

    /// <summary>A value over the steps of a stage; names of losses are "losses.NAME".</summary>
    public Curve Curve(string stage, string value) => Of(_steps, stage, value);

    /// <summary>A held-out metric over the steps of a stage.</summary>
    public Curve Evaluation(string stage, string metric) => Of(_evaluations, stage, metric);

    /// <summary>Names of the values that begin with a prefix, in the order of the file.</summary>
    public IReadOnlyList<string> Names(string stage, string prefix) =>
        [.. _steps.GetValueOrDefault(stage, _empty).Values.SelectMany(v => v.Keys)
            .Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Distinct()];

    /// <summary>Names of the held-out metrics of a stage.</summary>
    public IReadOnlyList<string> Evaluations(string stage) =>
        [.. _evaluations.GetValueOrDefault(stage, _empty).Values.SelectMany(v => v.Keys).Distinct()];

    private static Curve Of(
        Dictionary<string, SortedDictionary<long, Dictionary<string, double>>> from, string stage, string value)
    {
        var points = from.TryGetValue(stage, out var steps)
            ? steps.Where(s => s.Value.ContainsKey(value)).Select(s => new CurvePoint(s.Key, s.Value[value]))
            : [];
        return new Curve(value, [.. points]);
    }

    private void Add(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object || !line.TryGetProperty("stage", out var name) || name.GetString() is not { } stage
            || !line.TryGetProperty("step", out var number) || !number.TryGetInt64(out var step))
        {
            return;
        }

        if (!_stages.Contains(stage))
        {
            _stages.Add(stage);
        }

        if (line.TryGetProperty("evaluation", out var evaluation))
        {
            Table(_evaluations, stage)[step] = Numbers(evaluation, "");
        }
        else if (line.TryGetProperty("loss", out _))
        {
            Table(_steps, stage)[step] = Numbers(line, "");
        }
    }

    private static SortedDictionary<long, Dictionary<string, double>> Table(
        Dictionary<string, SortedDictionary<long, Dictionary<string, double>>> tables, string stage) =>
        tables.TryGetValue(stage, out var table) ? table : tables[stage] = [];

    private static Dictionary<string, double> Numbers(JsonElement element, string prefix)
    {
        var numbers = new Dictionary<string, double>();
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number)
            {
                numbers[prefix + property.Name] = property.Value.GetDouble();
            }
            else if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var (key, value) in Numbers(property.Value, $"{prefix}{property.Name}."))
                {
                    numbers[key] = value;
                }
            }
        }

        return numbers;
    }
}
