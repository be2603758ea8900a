using System.Globalization;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Terminal;

/// <summary>Shows a run from its events: one bar or line a stage, and what the run has to say. Thread-safe.</summary>
public sealed class RunDisplay(ProgressDisplay display)
{
    private readonly Dictionary<string, IProgressTask> _stages = [];
    private readonly Lock _lock = new();

    /// <summary>The message of the event that said the run failed; empty while none did.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>Shows an event.</summary>
    public void Take(RunEvent happened)
    {
        lock (_lock)
        {
            switch (happened.Kind)
            {
                case RunEventKind.Started or RunEventKind.Progress:
                    Stage(happened).Report(happened.Done, happened.Total > 0 ? happened.Total : null, Detail(happened));
                    break;
                case RunEventKind.Finished:
                    var stage = Stage(happened);
                    if (happened.Done > 0 || happened.Total > 0)
                    {
                        stage.Report(happened.Done, happened.Total > 0 ? happened.Total : null);
                    }

                    stage.Finish(Detail(happened));
                    break;
                case RunEventKind.Note:
                    display.Note(Prefixed(happened));
                    break;
                case RunEventKind.Warning:
                    display.Note($"warning: {Prefixed(happened)}");
                    break;
                case RunEventKind.Scale:
                    break;
                default:
                    Failure = happened.Message.Length > 0 ? happened.Message : "the run failed without saying why";
                    display.Note($"failed: {Prefixed(happened)}");
                    break;
            }
        }
    }

    private IProgressTask Stage(RunEvent happened)
    {
        if (!_stages.TryGetValue(happened.Stage, out var stage))
        {
            stage = display.Begin(happened.Stage, happened.Total, RunStages.UnitOf(happened.Stage));
            _stages.Add(happened.Stage, stage);
        }

        return stage;
    }

    private static string Prefixed(RunEvent happened) =>
        happened.Stage.Length == 0 ? happened.Message : $"{happened.Stage}: {happened.Message}";

    /// <summary>"loss 2.31, accuracy 0.42, message"; null when the event says nothing beside its numbers.</summary>
    private static string? Detail(RunEvent happened)
    {
        var parts = happened.Metrics
            .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key} {(Math.Abs(m.Value) >= 1000 ? m.Value.ToString("0", CultureInfo.InvariantCulture) : m.Value.ToString("G4", CultureInfo.InvariantCulture))}"))
            .Append(happened.Message)
            .Where(p => p.Length > 0)
            .ToList();
        return parts.Count == 0 ? null : string.Join(", ", parts);
    }
}
