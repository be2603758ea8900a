using System.Globalization;
using System.Text;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Tasks;

/// <summary>The results of an evaluation as one HTML page that fetches nothing, and its plots as SVG files.</summary>
public static class EvaluationPage
{
    private const int ColumnsInPlot = 40;

    /// <summary>Writes <c>report.html</c> and one <c>METRIC.svg</c> a metric into a folder.</summary>
    public static void Write(string folder, EvaluationTable table, string summary)
    {
        Directory.CreateDirectory(folder);
        var plots = new StringBuilder();
        foreach (var metric in table.Rows.Select(row => row.Metric).Distinct())
        {
            var chart = Plot(metric, [.. table.Rows.Where(row => row.Metric == metric).Take(ColumnsInPlot)]);
            plots.Append(chart.Figure(metric));
            File.WriteAllText(Path.Combine(folder, $"{FileName(metric)}.svg"), chart.Standalone(ReportStyle.Css));
        }

        var title = $"Evaluation: {table.Task}";
        var page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"/>"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
            + $"<title>{Chart.Escape(title)}</title><style>{ReportStyle.Css}</style></head><body><main>"
            + $"<h1>{Chart.Escape(title)}</h1><p>{Chart.Escape(summary)}</p><div class=\"plots\">{plots}</div>"
            + "<h2>Results</h2>"
            + HtmlTable.Write(["model", "metric", "#value", "#95 % interval"], table.Rows.Select(row =>
                (string[])[row.Model, row.Metric, Value(row.Estimate.Value), Interval(row.Estimate)]))
            + (table.Differences.Count == 0 ? "" : "<h2>Paired differences</h2>")
            + HtmlTable.Write(["model", "minus", "metric", "#difference", "#95 % interval"], table.Differences.Select(row =>
                (string[])[row.Model, row.Than, row.Metric, Value(row.Estimate.Value), Interval(row.Estimate)]))
            + "</main></body></html>\n";
        File.WriteAllText(Path.Combine(folder, "report.html"), page);
    }

    /// <summary>Three decimals.</summary>
    public static string Value(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>"0.412 to 0.455".</summary>
    public static string Interval(Estimate estimate) => $"{Value(estimate.Low)} to {Value(estimate.High)}";

    private static Chart Plot(string metric, TableRow[] rows)
    {
        var all = rows.SelectMany(r => (double[])[r.Estimate.Low, r.Estimate.High, r.Estimate.Value]).Where(double.IsFinite)
            .DefaultIfEmpty(0).ToArray();
        var chart = new Chart((0, rows.Length), (Math.Min(0, all.Min()), Math.Max(all.Max() * 1.06, 1e-3)), "model", metric, xTicks: []);
        for (var i = 0; i < rows.Length; i++)
        {
            var (value, colour) = (rows[i].Estimate, $"c{i % Chart.Colours}");
            if (!double.IsFinite(value.Value))
            {
                continue;
            }

            chart.Bar($"bar {colour}", i + 0.2, i + 0.8, Math.Max(0, value.Value),
                $"{rows[i].Model}: {Value(value.Value)} ({Interval(value)})");
            chart.Polyline("axis", [new CurvePoint(i + 0.5, value.Low), new CurvePoint(i + 0.5, value.High)]);
            chart.Legend(colour, $"{rows[i].Model}: {Value(value.Value)} ({Interval(value)})");
        }

        return chart;
    }

    private static string FileName(string metric) => string.Concat(metric.Select(c => char.IsLetterOrDigit(c) ? c : '-'));
}
