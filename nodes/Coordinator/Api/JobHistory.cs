using System.Globalization;
using System.Text.RegularExpressions;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>What stands in a job's files about its course: events and steps, read as they grow, from any coordinator. Thread-safe.</summary>
public sealed partial class JobHistory
{
    private const int RecentEvents = 40;
    private readonly Lock _lock = new();
    private readonly FollowedFile _eventFile;
    private readonly FollowedFile _metricFile;
    private readonly List<string> _events = [];
    private readonly List<EventView> _recent = [];
    private readonly List<GenerationStart> _generations = [];
    private readonly MetricsBook _metrics = new();
    private readonly StageBoard _board = new();
    private string _excluded = "";

    /// <summary>The history of the job in a workspace.</summary>
    public JobHistory(Workspace workspace)
    {
        _eventFile = new FollowedFile(workspace.At(Workspace.Events));
        _metricFile = new FollowedFile(workspace.At(Workspace.Metrics));
    }

    /// <summary>Stages, the last notes, and the newest step.</summary>
    public (IReadOnlyList<StageView> Stages, IReadOnlyList<EventView> Recent, StepView? Step) Now() =>
        Ask(() => (_board.View(), (IReadOnlyList<EventView>)[.. _recent], _metrics.Newest));

    /// <summary>Lines of events.jsonl from a number on.</summary>
    public IReadOnlyList<string> Events(long from) => Ask<IReadOnlyList<string>>(() =>
        from >= _events.Count ? [] : _events.GetRange((int)Math.Max(0, from), _events.Count - (int)Math.Max(0, from)));

    /// <summary>Stages that have been trained, in the order in which they began.</summary>
    public IReadOnlyList<string> TrainedStages() => Ask<IReadOnlyList<string>>(() => [.. _metrics.Stages]);

    /// <summary>Steps of a stage (all stages when empty) after <paramref name="after"/>, thinned out evenly to at most
    /// <paramref name="points"/>; the last is always among them. A step that was done again counts once.</summary>
    public IReadOnlyList<StepView> Steps(string stage, long after, int points) => Ask(() =>
    {
        var all = _metrics.Steps(stage, after);
        return all.Count <= points ? all
            : [.. Enumerable.Range(0, points).Select(i => all[(int)((long)i * (all.Count - 1) / Math.Max(1, points - 1))])];
    });

    /// <summary>The last steps of a stage, at most <paramref name="most"/>, at which a loss or gradient norm lay far above those before.
    /// </summary>
    public IReadOnlyList<StepView> Outliers(string stage, int most) =>
        Ask<IReadOnlyList<StepView>>(() => [.. _metrics.Steps(stage, -1).Where(s => s.Outlier is not null).TakeLast(most)]);

    /// <summary>Metrics on held-out structures of a stage (all stages when empty).</summary>
    public IReadOnlyList<EvaluationView> Evaluations(string stage) => Ask(() => _metrics.Evaluations(stage));

    /// <summary>Generations of the training group.</summary>
    public IReadOnlyList<GenerationStart> Generations() => Ask<IReadOnlyList<GenerationStart>>(() => [.. _generations]);

    /// <summary>Which token is left out of the structure loss and why; empty while that is not chosen.</summary>
    public string ExcludedToken() => Ask(() => _excluded);

    private T Ask<T>(Func<T> question)
    {
        lock (_lock)
        {
            foreach (var line in _eventFile.ReadNew())
            {
                if (RunEvent.TryParse(line, out var happened))
                {
                    Take(happened);
                }

                _events.Add(line);
            }

            foreach (var line in _metricFile.ReadNew())
            {
                _metrics.Take(line);
            }

            return question();
        }
    }

    private void Take(RunEvent happened)
    {
        _board.Take(happened);
        if (happened.Kind is RunEventKind.Progress or RunEventKind.Scale)
        {
            return;
        }

        _recent.Add(new EventView(_events.Count, happened.Kind.ToString().ToLowerInvariant(), happened.Stage, happened.Message, happened.Time));
        if (_recent.Count > RecentEvents)
        {
            _recent.RemoveAt(0);
        }

        if (happened.Kind == RunEventKind.Note && GenerationNote().Match(happened.Message) is { Success: true } note)
        {
            var number = long.Parse(note.Groups["number"].Value, CultureInfo.InvariantCulture);
            _generations.Add(new GenerationStart(number, note.Groups["members"].Value.Split(", "), note.Groups["why"].Value, happened.Time));
        }
        else if (happened is { Kind: RunEventKind.Started, Stage: RunStages.Tuning } && happened.Message.StartsWith(ExcludedPrefix, StringComparison.Ordinal))
        {
            _excluded = happened.Message[ExcludedPrefix.Length..];
        }
    }

    private const string ExcludedPrefix = "excluded token: ";

    [GeneratedRegex(@"^generation (?<number>\d{1,18}): (?<members>[^()]*) \((?<why>.*)\)$")]
    private static partial Regex GenerationNote();
}
