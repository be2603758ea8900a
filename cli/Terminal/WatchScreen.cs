using System.Globalization;
using Ism.Coordinator.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ism.Cli.Terminal;

/// <summary>A job as one screen of a terminal. What comes from jobs and nodes is plain text, never markup.</summary>
internal static class WatchScreen
{
    private const int RecentLines = 20;
    private const int WidestBar = 24;
    private const int NarrowestBar = 6;

    // What a stage says of itself, most of the time: "12,345 of 60,000 steps, 25.7/s, 38:30 left".
    private const int ProgressWidth = 42;

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
        if (view.TrainedNow is { } step)
        {
            rows.Add(Line(width, string.Create(
                CultureInfo.InvariantCulture,
                $"loss {step.Loss:G4}   {step.TokensPerSecond:N0} tokens/s{(step.PeakShare is { } share ? $", {share:P1} of peak" : "")}   waiting {step.Waiting:P1}   learning rate {step.LearningRate:G3}   {step.World} rank(s)")));
            rows.Add(new Text(Sparkline([.. steps.Select(s => s.Loss)], Math.Max(10, width - 4)), new Style(Color.Blue)));
        }

        if (view.Nodes.Count > 0)
        {
            rows.Add(Line(width, Nodes(view, width)));
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
        // The text says what the bar shows; on a narrow terminal it has the place.
        var bar = Math.Min(WidestBar, width - NameWidth - ProgressWidth);
        var table = new Table().NoBorder().HideHeaders().AddColumns(bar >= NarrowestBar ? ["stage", "bar", "progress"] : ["stage", "progress"]);
        foreach (var stage in view.Stages)
        {
            var share = stage.State == "finished" ? 1 : stage.Total > 0 ? Math.Clamp(stage.Done / stage.Total, 0, 1) : 0;
            var progress = Line(Math.Max(10, width - Math.Max(2, bar) - NameWidth), StatusText.Progress(stage));
            if (bar < NarrowestBar)
            {
                table.AddRow(new Text(stage.Name), progress);
                continue;
            }

            var full = (int)Math.Round(share * bar);
            var drawn = new Text(new string('━', full) + new string('·', bar - full), new Style(stage.State == "finished" ? Color.Green : Color.Blue));
            table.AddRow(new Text(stage.Name), drawn, progress);
        }

        return table;
    }

    // By name where there is room for all; else how many, and those that are not up by name.
    private static string Nodes(JobView view, int width)
    {
        var group = view.Generation is not { } generation ? ""
            : $"; generation {generation.Number}{(generation.WaitsFor.Length > 0 ? $", waits: {generation.WaitsFor}" : "")}";
        var named = $"nodes: {string.Join(", ", view.Nodes.Select(Named))}{group}";
        if (named.Length <= width)
        {
            return named;
        }

        var counted = view.Nodes.GroupBy(n => n.Role).Select(r => $"{r.Count(n => n.Status == "up")} {r.Key}(s)");
        return $"nodes: {string.Join(", ", counted.Concat(view.Nodes.Where(n => n.Status != "up").Select(Named)))}{group}";
    }

    private static string Named(NodeView node) => node.Status == "up" ? node.Name : $"{node.Name} ({node.Status})";
}
