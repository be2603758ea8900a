using System.Text;

namespace Ism.Evaluation.Data;

/// <summary>Rows of CSV or TSV (RFC 4180): cells may be quoted, with doubled quotes and line breaks inside; blank lines are skipped.
/// </summary>
internal static class DelimitedText
{
    /// <exception cref="DataFileException">A quoted cell is not closed, or text follows it.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Rows(
        string file, IEnumerable<(int Number, string Text)> lines, char separator)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var (quoted, begun) = (false, 0);
        foreach (var (number, text) in lines)
        {
            if (!quoted && text.Trim().Length == 0)
            {
                continue;
            }

            begun = quoted ? begun : number;
            cell.Append(quoted ? "\n" : "");
            quoted = Scan(file, number, number == 1 ? text.TrimStart('\uFEFF') : text, separator, quoted, cells, cell);
            if (quoted)
            {
                continue;
            }

            yield return (begun, [.. cells]);
            cells.Clear();
        }

        if (quoted)
        {
            throw new DataFileException(file, begun, "a quoted cell begins here and is never closed");
        }
    }

    // Whether a quoted cell is still open at the end of the line.
    private static bool Scan(
        string file, int number, string text, char separator, bool quoted, List<string> cells, StringBuilder cell)
    {
        var closed = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    (quoted, closed) = (false, true);
                }
            }
            else if (c == separator)
            {
                cells.Add(cell.ToString());
                cell.Clear();
                closed = false;
            }
            else if (c == '"' && cell.Length == 0 && !closed)
            {
                quoted = true;
            }
            else
            {
                cell.Append(!closed || c == ' ' ? c : throw new DataFileException(file, number, "text follows a quoted cell"));
            }
        }

        if (!quoted)
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }

        return quoted;
    }
}
