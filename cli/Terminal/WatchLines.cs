using System.Globalization;
using Ism.Coordinator.Api;

namespace Ism.Cli.Terminal;

/// <summary>A job in plain lines: only what has changed since the last look.</summary>
internal sealed class WatchLines
{
    private readonly HashSet<string> _nodes = [];
    private string _state = "";
    private string _progress = "";
    private long _seen = -1;
    private bool _away;

    /// <summary>Nobody answers: said once.</summary>
    public IEnumerable<string> Away(string problem)
    {
        if (!_away)
        {
            _away = true;
            yield return $"{problem}; trying again";
        }
    }

    /// <summary>What is new.</summary>
    public IReadOnlyList<string> Of(JobView view)
    {
        var lines = new List<string>();
        var first = _state.Length == 0;
        _away = false;
        var state = $"{view.Job.Id}: {StatusText.State(view)}{(view.Job.Error is { } error ? $": {error}" : "")}";
        Changed(ref _state, state, lines);
        if (view.Live)
        {
            Nodes(view, first, lines);
        }

        foreach (var said in view.Recent.Where(e => e.Number > _seen))
        {
            _seen = said.Number;
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{said.Time.ToLocalTime():HH:mm:ss} {(said.Kind == "note" ? "" : $"{said.Kind} ")}{(said.Stage.Length > 0 ? $"{said.Stage}: " : "")}{said.Message}").TrimEnd(' ', ':'));
        }

        var progress = string.Join("; ", view.Stages.Where(s => s.State == "running").Select(StatusText.Stage));
        if (progress.Length > 0 && view.TrainedNow is { } step)
        {
            progress += string.Create(CultureInfo.InvariantCulture, $"; loss {step.Loss:G4}, {step.TokensPerSecond:N0} tokens/s, waiting {step.Waiting:P1}");
        }

        Changed(ref _progress, progress, lines);
        return lines;
    }

    private void Nodes(JobView view, bool first, List<string> lines)
    {
        var up = view.Nodes.Where(n => n.Status == "up").Select(n => n.Name).ToHashSet();
        if (first)
        {
            lines.Add($"nodes: {string.Join(", ", up.Order(StringComparer.Ordinal))}");
        }
        else
        {
            lines.AddRange(up.Except(_nodes).Order(StringComparer.Ordinal).Select(n => $"{n} is there"));
            lines.AddRange(_nodes.Except(up).Order(StringComparer.Ordinal).Select(n => $"{n} is gone"));
        }

        _nodes.Clear();
        _nodes.UnionWith(up);
    }

    private static void Changed(ref string known, string now, List<string> lines)
    {
        if (now != known && now.Length > 0)
        {
            lines.Add(now);
        }

        known = now;
    }
}
