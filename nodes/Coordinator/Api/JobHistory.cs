using System.Text.Json;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>What stands in a job's files about its course: events and steps, read as they grow, from any coordinator. Thread-safe.</summary>
public sealed class JobHistory
{
    private const int RecentEvents = 40;
    private readonly Lock _lock = new();
    private readonly FollowedFile _eventFile;
    private readonly FollowedFile _metricFile;
    private readonly List<string> _events = [];
    private readonly List<StepView> _steps = [];
    private readonly List<EventView> _recent = [];
    private readonly StageBoard _board = new();

    /// <summary>The history of the job in a workspace.</summary>
    public JobHistory(Workspace workspace)
    {
        _eventFile = new FollowedFile(workspace.At(Workspace.Events));
        _metricFile = new FollowedFile(workspace.At(Workspace.Metrics));
    }

    /// <summary>Stages, the last notes, and the newest step.</summary>
    public (IReadOnlyList<StageView> Stages, IReadOnlyList<EventView> Recent, StepView? Step) Now()
    {
        lock (_lock)
        {
            Read();
            return (_board.View(), [.. _recent], _steps.Count > 0 ? _steps[^1] : null);
        }
    }

    /// <summary>Lines of events.jsonl from a number on.</summary>
    public IReadOnlyList<string> Events(long from)
    {
        lock (_lock)
        {
            Read();
            return from >= _events.Count ? [] : _events.GetRange((int)Math.Max(0, from), _events.Count - (int)Math.Max(0, from));
        }
    }

    /// <summary>Steps of a stage (all stages when empty) after <paramref name="after"/>, thinned out evenly to at most
    /// <paramref name="points"/>; the last is always among them. A step that was done again counts once.</summary>
    public IReadOnlyList<StepView> Steps(string stage, long after, int points)
    {
        lock (_lock)
        {
            Read();
            var all = _steps.Where(s => (stage.Length == 0 || s.Stage == stage) && s.Step > after)
                .GroupBy(s => (s.Stage, s.Step)).Select(again => again.Last()).ToList();
            if (all.Count <= points)
            {
                return all;
            }

            return [.. Enumerable.Range(0, points).Select(i => all[(int)((long)i * (all.Count - 1) / Math.Max(1, points - 1))])];
        }
    }

    private void Read()
    {
        foreach (var line in _eventFile.ReadNew())
        {
            if (RunEvent.TryParse(line, out var happened))
            {
                _board.Take(happened);
                if (happened.Kind != RunEventKind.Progress && happened.Kind != RunEventKind.Scale)
                {
                    _recent.Add(new EventView(
                        _events.Count, happened.Kind.ToString().ToLowerInvariant(), happened.Stage, happened.Message, happened.Time));
                    if (_recent.Count > RecentEvents)
                    {
                        _recent.RemoveAt(0);
                    }
                }
            }

            _events.Add(line);
        }

        foreach (var line in _metricFile.ReadNew())
        {
            if (Step(line) is { } step)
            {
                _steps.Add(step);
            }
        }
    }

    private static StepView? Step(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (!root.TryGetProperty("loss", out var loss) || !root.TryGetProperty("tokens_per_second", out var speed))
            {
                return null;
            }

            return new StepView(
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
                root.GetProperty("time").GetDateTimeOffset());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // A line of another kind, or half of one.
            return null;
        }
    }

    private static double? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
