using System.Globalization;
using System.Text;
using Ism.Corpus;

namespace Ism.Evaluation.Reports;

/// <summary>
/// Writes a run's report as one HTML file that needs nothing else: plots are inline SVG, styles inline, no script. It is also
/// well-formed XML.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the file, whole or not at all.</summary>
    public static void Write(string path, RunReport report)
    {
        var bytes = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(Render(report));
        DurableFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The report as text.</summary>
    public static string Render(RunReport report)
    {
        var title = Chart.Escape(report.JobName);
        var written = report.Written is { } time
            ? $"<p class=\"soft\">Written {time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.</p>\n"
            : "";
        return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
            + $"<title>{title} – ISM report</title>\n<style>\n{ReportStyle.Css}\n</style></head>\n<body>\n"
            + $"<h1>{title}</h1>\n<p>{Chart.Escape(report.Summary)}</p>\n{written}"
            + ReportSections.Headline(report)
            + ReportSections.Heldout(report)
            + ReportSections.Training(report)
            + ReportSections.Tokens(report)
            + ReportSections.Accounting(report)
            + ReportSections.Settings(report)
            + "</body></html>\n";
    }
}
