using System.CommandLine;
using System.Globalization;
using Ism.Evaluation.Reports;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism compare RUN RUN …`: curves of several runs laid over each other, and how far they are apart.</summary>
internal static class CompareVerb
{
    private const string DefaultStage = "structure-tuning";
    private static readonly (string Value, string Title)[] Others = [("gradient_norm", "gradient norm"), ("tokens_per_second", "useful tokens/s")];

    public static Command Create(VerbContext context)
    {
        var runs = new Argument<string[]>("RUN")
        {
            Description = "Workspaces of runs (or their metrics.jsonl), each as FOLDER or NAME=FOLDER; the first is what the others are held against",
            Arity = new ArgumentArity(2, 20),
        };
        var stage = new Option<string>("--stage")
        {
            Description = "Stage whose curves are compared",
            HelpName = "STAGE",
            DefaultValueFactory = _ => DefaultStage,
        };
        var page = new Option<string>("--out") { Description = "Page to write", HelpName = "FILE.html", DefaultValueFactory = _ => "compare.html" };
        var command = new Command("compare", "Lay the curves of several runs over each other.") { runs, stage, page };
        command.SetAction(parsed =>
        {
            var logs = parsed.GetValue(runs)!.Select(text => Read(text, parsed.GetValue(stage)!)).ToList();
            return Compare(context, logs, parsed.GetValue(stage)!, parsed.GetValue(page)!);
        });
        return command;
    }

    private static int Compare(VerbContext context, List<(string Name, MetricsLog Log)> logs, string stage, string path)
    {
        var losses = logs.SelectMany(run => run.Log.Names(stage, "losses.")).Distinct().ToList();
        var heldout = logs.SelectMany(run => run.Log.Evaluations(stage)).Distinct().ToList();
        CurvePlot[] plots =
        [
            Plot("loss", "loss"),
            .. losses.Select(name => Plot(name, name["losses.".Length..])),
            .. heldout.Select(name => new CurvePlot(
                $"held out: {name}", [.. logs.Select(run => run.Log.Evaluation(stage, name) with { Name = run.Name })], "step",
                name[(name.LastIndexOf('.') + 1)..])),
            .. Others.Select(other => Plot(other.Value, other.Title)),
        ];
        string[] titles = ["run", "#steps", "#last loss", "#largest difference of a step's loss", "#mean difference", .. heldout.Select(name => $"#{name}")];
        var first = logs[0].Log.Curve(stage, "loss");
        var rows = logs.Select(run => Row(run, first)).ToList();
        CurvePage.Write(
            path, $"{stage}: {string.Join(", ", logs.Select(run => run.Name))}",
            $"Differences are relative to {logs[0].Name}, step by step.", plots, titles, rows);
        foreach (var row in rows)
        {
            context.Output.WriteLine(string.Join("  ", titles.Zip(row, (title, value) => $"{title.TrimStart('#')} {value}")));
        }

        context.Error.WriteLine($"page {path}");
        return ExitCode.Success;

        CurvePlot Plot(string value, string title) =>
            new(title, [.. logs.Select(run => run.Log.Curve(stage, value) with { Name = run.Name })], "step", title);

        string[] Row((string Name, MetricsLog Log) run, Curve against)
        {
            var curve = run.Log.Curve(stage, "loss");
            var (most, mean) = Difference(against, curve);
            return
            [
                run.Name, curve.Points.Count.ToString(CultureInfo.InvariantCulture), Text(curve.Points[^1].Y), Percent(most), Percent(mean),
                .. heldout.Select(name => run.Log.Evaluation(stage, name).Points is { Count: > 0 } points ? Text(points[^1].Y) : ""),
            ];
        }
    }

    /// <summary>The largest and the mean relative difference over the steps that both curves have; NaN where there is none.</summary>
    internal static (double Most, double Mean) Difference(Curve one, Curve other)
    {
        var values = one.Points.ToDictionary(point => point.X, point => point.Y);
        var found = other.Points.Where(point => values.ContainsKey(point.X))
            .Select(point => Math.Abs(point.Y - values[point.X]) / Math.Max(Math.Abs(values[point.X]), double.Epsilon)).ToList();
        return found.Count == 0 ? (double.NaN, double.NaN) : (found.Max(), found.Average());
    }

    private static (string Name, MetricsLog Log) Read(string text, string stage)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = text[(equals + 1)..];
        var file = Directory.Exists(path) ? Path.Combine(path, Workspace.Metrics) : path;
        if (!File.Exists(file))
        {
            throw new UsageException($"{path}: there is no {Workspace.Metrics}; name the workspace of a run");
        }

        var log = MetricsLog.Read(file);
        return log.Curve(stage, "loss").Points.Count > 0
            ? (equals > 0 ? text[..equals] : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), log)
            : throw new UsageException(
                $"{file} has no steps of '{stage}'{(log.Stages.Count == 0 ? "" : $"; there are {string.Join(", ", log.Stages)}")}: see --stage");
    }

    private static string Text(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    private static string Percent(double value) => double.IsNaN(value) ? "" : value.ToString("P3", CultureInfo.InvariantCulture);
}
