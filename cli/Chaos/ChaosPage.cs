using System.Globalization;
using System.Text.Json;
using Ism.Cli.Verification;
using Ism.Evaluation.Reports;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Chaos;

/// <summary>The picture of a disturbed run: its loss laid over the undisturbed one, how many trained at each step, and what was done.
/// </summary>
internal static class ChaosPage
{
    /// <summary>File of the faults, one JSON object a line.</summary>
    public const string Log = "chaos.jsonl";

    /// <summary>Writes chaos.html into the disturbed run's workspace and returns its path.</summary>
    public static string Write(string disturbed, string undisturbed, IReadOnlyList<Finding> findings)
    {
        var mine = StepLog.Last(StepLog.Read(Path.Combine(disturbed, Workspace.Metrics), RunVerifier.Stage));
        var theirs = StepLog.Last(StepLog.Read(Path.Combine(undisturbed, Workspace.Metrics), RunVerifier.Stage));
        var path = Path.Combine(disturbed, "chaos.html");
        var difference = mine.Values.Where(s => theirs.ContainsKey(s.Step))
            .Select(s => new CurvePoint(s.Step, Math.Abs(s.Loss - theirs[s.Step].Loss) / Math.Abs(theirs[s.Step].Loss)));
        CurvePage.Write(
            path,
            "A run under faults",
            string.Join(" ", findings.Select(f => $"{(f.Holds ? "Holds" : "BROKEN")}: {f.What}{(f.Detail.Length > 0 ? $" ({f.Detail})" : "")}.")),
            [
                new CurvePlot("Loss, disturbed and undisturbed", [Loss("disturbed", mine), Loss("undisturbed", theirs)], "step", "loss"),
                new CurvePlot("Relative difference of the two", [new Curve("difference", [.. difference])], "step", "relative difference"),
                new CurvePlot(
                    "Trainers at each step", [new Curve("trainers", [.. mine.Values.Select(s => new CurvePoint(s.Step, s.World))])], "step", "trainers"),
                new CurvePlot("Seconds since the first step", [Seconds(mine)], "step", "s"),
            ],
            ["#", "fault", "of", "for", "at"],
            Faults(Path.Combine(disturbed, Log)));
        return path;
    }

    private static Curve Loss(string name, SortedDictionary<long, LoggedStep> steps) =>
        new(name, [.. steps.Values.Select(s => new CurvePoint(s.Step, s.Loss))]);

    private static Curve Seconds(SortedDictionary<long, LoggedStep> steps)
    {
        var first = steps.Values.Min(s => s.Time);
        return new Curve("time", [.. steps.Values.Select(s => new CurvePoint(s.Step, (s.Time - first).TotalSeconds))]);
    }

    private static IEnumerable<IReadOnlyList<string>> Faults(string path)
    {
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            using var json = JsonDocument.Parse(line);
            var fault = json.RootElement;
            var (hold, count) = (fault.GetProperty("hold").GetDouble(), fault.GetProperty("count").GetInt32());
            yield return
            [
                fault.GetProperty("number").GetInt32().ToString(CultureInfo.InvariantCulture),
                fault.GetProperty("fault").GetString()!,
                fault.GetProperty("whom").GetString()!,
                count > 0 ? $"{count} wanted" : hold > 0 ? string.Create(CultureInfo.InvariantCulture, $"{hold:F0} s") : "",
                fault.GetProperty("time").GetDateTimeOffset().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
            ];
        }
    }
}
