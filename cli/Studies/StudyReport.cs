using System.Globalization;
using Ism.Corpus;
using Ism.Evaluation.Reports;
using Ism.Evaluation.Studies;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Studies;

/// <summary>Writes the report of a study into its workspace.</summary>
internal static class StudyReport
{
    private const string Page = "report.html";
    private const string Numbers = "results.json";

    /// <summary>Writes page and numbers.</summary>
    /// <returns>Path of the page.</returns>
    public static string Write(StudyOptions study, IReadOnlyList<StudyRun> runs, StudyResults results)
    {
        var arms = study.Arms.Select(arm => new StudyArmPage(
            arm.Name, arm.Title, arm.Set, arm.Published,
            MetricsLog.Read(Path.Combine(runs.First(run => run.Arm == arm).Job.Workspace, Workspace.Metrics)))).ToList();
        var done = runs.Count(run => run.IsDone);
        var summary = string.Create(
            CultureInfo.InvariantCulture,
            $"{done} of {runs.Count} runs are done. {results.Table.Proteins} proteins, which no model was trained on, are reported on; intervals are of 95 %, by "
            + $"drawing proteins anew; the common start is {(study.From.Length > 0 ? study.From : "a model trained on masked residues alone")}.");
        var path = Path.Combine(Path.GetFullPath(study.Workspace), Page);
        Write(path, StudyPage.Html(study.Name, summary, arms, results.Table));
        Write(Path.Combine(Path.GetDirectoryName(path)!, Numbers), results.Json());
        return path;
    }

    private static void Write(string path, string text) => DurableFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });
}
