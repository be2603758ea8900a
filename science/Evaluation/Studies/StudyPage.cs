using System.Globalization;
using System.Text;
using Ism.Evaluation.Reports;
using Ism.Evaluation.Tasks;

namespace Ism.Evaluation.Studies;

/// <summary>An arm as the report tells of it.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Title">What it is.</param>
/// <param name="Settings">What sets it apart, as "a.b=c".</param>
/// <param name="Published">Values that others have published for this way to train, by metric.</param>
/// <param name="Log">metrics.jsonl of its first seed.</param>
public sealed record StudyArmPage(
    string Name, string Title, IReadOnlyList<string> Settings, IReadOnlyDictionary<string, double> Published, MetricsLog Log);

/// <summary>The report of a study: one HTML page that fetches nothing.</summary>
public static class StudyPage
{
    private const string Stage = "structure-tuning";

    /// <summary>The page.</summary>
    /// <param name="title">The study's name.</param>
    /// <param name="summary">One sentence: how many runs, proteins, seeds.</param>
    /// <param name="arms">The arms in their order.</param>
    /// <param name="table">The results.</param>
    public static string Html(string title, string summary, IReadOnlyList<StudyArmPage> arms, StudyTable table)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"/>")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
            .Append($"<title>{Chart.Escape(title)}</title><style>{ReportStyle.Css}</style></head><body><main>")
            .Append($"<h1>{Chart.Escape(title)}</h1><p>{Chart.Escape(summary)}</p>")
            .Append("<h2>Arms</h2>")
            .Append(HtmlTable.Write(["arm", "what it is", "settings"], arms.Select(arm =>
                (string[])[arm.Name, arm.Title, string.Join(", ", arm.Settings)])));
        foreach (var task in table.Rows.GroupBy(row => row.Task))
        {
            page.Append($"<h2>{Chart.Escape(task.Key)}</h2><div class=\"plots\">");
            foreach (var metric in task.GroupBy(row => row.Metric))
            {
                page.Append(Plot(metric.Key, [.. metric], arms));
            }

            page.Append("</div>").Append(HtmlTable.Write(
                ["arm", "metric", "#mean over seeds", "#95 % interval", "#seeds", $"#minus {table.Baseline}", "#95 % interval", "apart"],
                task.Select(Cells)));
        }

        return page.Append(Published(arms, table)).Append(Curves(arms)).Append("</main></body></html>\n").ToString();
    }

    private static string[] Cells(StudyRow row) =>
    [
        row.Arm, row.Metric, EvaluationPage.Value(row.Pooled.Value), EvaluationPage.Interval(row.Pooled),
        string.Join(" ", row.Seeds.Select(EvaluationPage.Value)),
        row.Difference is { } d ? d.Value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture) : "",
        row.Difference is { } e ? EvaluationPage.Interval(e) : "",
        row.Apart ? "intervals do not overlap" : row.Difference?.ExcludesZero == true ? "difference is not zero" : "",
    ];

    private static string Plot(string metric, StudyRow[] rows, IReadOnlyList<StudyArmPage> arms)
    {
        var all = rows.SelectMany(row => (double[])[row.Pooled.Low, row.Pooled.High, .. row.Seeds]).Where(double.IsFinite)
            .DefaultIfEmpty(0).ToArray();
        var (low, high) = (Math.Min(0, all.Min()), Math.Max(all.Max() * 1.06, 1e-3));
        var chart = new Chart((0, rows.Length), (low, high), "arm", metric, xTicks: []);
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, colour) = (rows[i], $"c{arms.Select(arm => arm.Name).ToList().IndexOf(rows[i].Arm) % Chart.Colours}");
            chart.Bar($"bar {colour}", i + 0.15, i + 0.85, row.Pooled.Value,
                $"{row.Arm}: {EvaluationPage.Value(row.Pooled.Value)} ({EvaluationPage.Interval(row.Pooled)})");
            chart.Polyline("axis", [new CurvePoint(i + 0.5, row.Pooled.Low), new CurvePoint(i + 0.5, row.Pooled.High)]);
            foreach (var seed in row.Seeds)
            {
                chart.Dot("dot marked", new CurvePoint(i + 0.5, seed), $"{row.Arm}, one seed: {EvaluationPage.Value(seed)}");
            }

            chart.Legend(colour, row.Arm);
        }

        chart.Legend("marked", "a seed");
        return chart.Figure(metric);
    }

    private static string Published(IReadOnlyList<StudyArmPage> arms, StudyTable table)
    {
        var rows = arms.SelectMany(arm => arm.Published.Select(value => (string[])
        [
            arm.Name, value.Key,
            table.Rows.FirstOrDefault(row => row.Arm == arm.Name && row.Metric == value.Key) is { } here ? EvaluationPage.Value(here.Pooled.Value) : "",
            EvaluationPage.Value(value.Value),
        ])).ToList();
        return rows.Count == 0
            ? ""
            : "<h2>Beside published values</h2><p class=\"soft\">Of other models, other training data and other test proteins: the order of the arms "
                + "may be compared, the values may not.</p>" + HtmlTable.Write(["arm", "metric", "#here", "#published"], rows);
    }

    private static string Curves(IReadOnlyList<StudyArmPage> arms)
    {
        var names = arms.SelectMany(arm => arm.Log.Names(Stage, "losses.")).Distinct().ToList();
        return names.Count == 0
            ? ""
            : "<h2>Training</h2><p class=\"soft\">First seed of each arm.</p><div class=\"plots\">" + string.Concat(names.Select(name => Plots.Lines(
                name["losses.".Length..], [.. arms.Select(arm => arm.Log.Curve(Stage, name) with { Name = arm.Name })], "step", "loss"))) + "</div>";
    }
}
