using System.Text;

namespace Ism.Evaluation.Reports;

/// <summary>A plot of a <see cref="CurvePage"/>.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Curves">Laid over each other.</param>
/// <param name="XTitle">Name and unit of the horizontal axis.</param>
/// <param name="YTitle">Name and unit of the vertical axis.</param>
public sealed record CurvePlot(string Caption, IReadOnlyList<Curve> Curves, string XTitle, string YTitle);

/// <summary>A page of curves and a table, in one file that fetches nothing: for what is no report of a run.</summary>
public static class CurvePage
{
    /// <summary>Writes the page.</summary>
    /// <param name="path">File to write.</param>
    /// <param name="title">Its heading.</param>
    /// <param name="summary">A sentence or two.</param>
    /// <param name="plots">The plots.</param>
    /// <param name="titles">Titles of the table's columns.</param>
    /// <param name="rows">Its rows.</param>
    public static void Write(
        string path, string title, string summary, IEnumerable<CurvePlot> plots, IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<string>> rows)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Append("<title>").Append(Chart.Escape(title)).Append("</title><style>").Append(ReportStyle.Css).Append("</style></head><body><main>")
            .Append("<h1>").Append(Chart.Escape(title)).Append("</h1><p>").Append(Chart.Escape(summary)).Append("</p><div class=\"plots\">");
        foreach (var plot in plots)
        {
            page.Append(Plots.Lines(plot.Caption, plot.Curves, plot.XTitle, plot.YTitle));
        }

        page.Append("</div>").Append(HtmlTable.Write(titles, rows)).Append("</main></body></html>");
        File.WriteAllText(path, page.ToString());
    }
}
