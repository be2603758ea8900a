using System.Text;

namespace Ism.Evaluation.Reports;

/// <summary>A table with text and number columns.</summary>
internal static class HtmlTable
{
    /// <summary>Writes a table; a column whose title begins with '#' holds numbers and is aligned right. Cells are
    /// escaped. Empty when there are no rows.</summary>
    public static string Write(IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<string>> rows)
    {
        var cells = rows.ToArray();
        if (cells.Length == 0)
        {
            return "";
        }

        var html = new StringBuilder("""<div class="scroll"><table><thead><tr>""");
        foreach (var title in titles)
        {
            html.Append($"<th{Class(title)}>{Chart.Escape(title.TrimStart('#'))}</th>");
        }

        html.Append("</tr></thead><tbody>");
        foreach (var row in cells)
        {
            html.Append("<tr>");
            for (var column = 0; column < titles.Count; column++)
            {
                html.Append($"<td{Class(titles[column])}>{Chart.Escape(row[column])}</td>");
            }

            html.Append("</tr>");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Class(string title) => title.StartsWith('#') ? " class=\"n\"" : "";
}
