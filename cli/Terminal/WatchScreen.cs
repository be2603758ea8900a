using System.Globalization;
using Ism.Coordinator.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ism.Cli.Terminal;

/// <summary>A job as one screen of a terminal. What comes from jobs and nodes is plain text, never markup.</summary>
internal static class WatchScreen
{
    private const int RecentLines = 8;
    private const int BarWidth = 24;

    // The longest name of a stage, with the gaps between the columns.
    private const int NameWidth = 14;
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>The screen.</summary>
    /// <param name="view">The job.</param>
    /// <param name="steps">Steps of the stage that is trained.</param>
    /// <param name="problem">Why the view is not from now; null when it is.</param>
    /// <param name="now">The time.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="height">Its lines; what the job said longest ago gives way first.</param>
    public static IRenderable Of(
        JobView view, IReadOnlyList<StepView> steps, string? problem, DateTimeOffset now, int width, int height)
    {
        var rows = new List<IRenderable>
        {
            Line(width, $"{view.Job.Id}: {StatusText.State(view)}{(view.Job.Error is { } error ? $": {error}" : "")}", new Style(decoration: Decoration.Bold)),
        };
        if (problem is not null)
        {
            rows.Add(Line(width, $"no coordinator answers, this is the last known: {problem}", new Style(Color.Red)));
        }

        rows.Add(Stages(view, width));
        if (view.Training is { } step)
        {
            rows.Add(Line(width, string.Create(
                CultureInfo.InvariantCulture,
                $"loss {step.Loss:G4}   {step.TokensPerSecond:N0} tokens/s{(step.PeakShare is { } share ? $", {share:P1} of peak" : "")}   waiting {step.Waiting:P1}   learning rate {step.LearningRate:G3}   {step.World} rank(s)")));
            rows.Add(new Text(Sparkline([.. steps.Select(s => s.Loss)], Math.Max(10, width - 4)), new Style(Color.Blue)));
        }

        if (view.Nodes.Count > 0)
        {
            rows.Add(Line(width, Nodes(view)));
        }

        // Every row is one line, the table of stages has one a stage; the last line is the cursor's.
        var left = height - 1 - (rows.Count - 1 + view.Stages.Count);
        rows.AddRange(view.Recent.TakeLast(Math.Clamp(left, 1, RecentLines)).Select(e => Line(
            width,
            $"{Figures.Clock(now - e.Time),8} ago  {(e.Kind == "note" ? "" : $"{e.Kind} ")}{(e.Stage.Length > 0 ? $"{e.Stage}: " : "")}{e.Message}".TrimEnd(' ', ':'),
            e.Kind is "warning" or "failed" ? new Style(Color.Red) : Style.Plain)));
        return new Rows(rows);
    }

    /// <summary>Values as a row of bars, at most <paramref name="width"/>; each is the mean of a stretch.</summary>
    public static string Sparkline(IReadOnlyList<double> values, int width)
    {
        var shown = values.Where(double.IsFinite).ToList();
        if (shown.Count == 0)
        {
            return "";
        }

        var means = shown.Chunk((shown.Count + width - 1) / width).Select(part => part.Average()).ToList();
        var (low, high) = (means.Min(), means.Max());
        return string.Concat(means.Select(m => Levels[high > low ? (int)Math.Round((m - low) / (high - low) * (Levels.Length - 1)) : 0]));
    }

    // A line that wraps would push the newest ones off a small terminal.
    private static Text Line(int width, string text, Style? style = null)
    {
        var whole = text.ReplaceLineEndings(" ");
        return new Text(whole.Length <= width ? whole : string.Concat(whole.AsSpan(0, Math.Max(1, width - 1)), "…"), style);
    }

    private static Table Stages(JobView view, int width)
    {
        var table = new Table().NoBorder().HideHeaders().AddColumns("stage", "bar", "progress");
        foreach (var stage in view.Stages)
        {
            var share = stage.State == "finished" ? 1 : stage.Total > 0 ? Math.Clamp(stage.Done / stage.Total, 0, 1) : 0;
            var full = (int)Math.Round(share * BarWidth);
            table.AddRow(
                new Text(stage.Name),
                new Text(new string('━', full) + new string('·', BarWidth - full), new Style(stage.State == "finished" ? Color.Green : Color.Blue)),
                Line(Math.Max(10, width - BarWidth - NameWidth), StatusText.Progress(stage)));
        }

        return table;
    }

    private static string Nodes(JobView view) =>
        $"nodes: {string.Join(", ", view.Nodes.Select(n => n.Status == "up" ? n.Name : $"{n.Name} ({n.Status})"))}"
        + (view.Generation is { } generation ? $"; generation {generation.Number}{(generation.WaitsFor.Length > 0 ? $", waits: {generation.WaitsFor}" : "")}" : "");
}
