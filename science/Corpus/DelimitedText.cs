using System.Text;

namespace Ism.Corpus;

/// <summary>Rows of CSV and TSV (RFC 4180): a cell that begins with a double quote may hold separators, doubled quotes and line breaks; blank
/// lines are skipped.</summary>
public static class DelimitedText
{
    /// <summary>Lines of a text, numbered from 1.</summary>
    public static IEnumerable<(int Number, string Text)> Lines(TextReader reader)
    {
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            yield return (number, line);
        }
    }

    /// <summary>The rows, each with the number of the line on which it begins.</summary>
    /// <param name="lines">Numbered lines.</param>
    /// <param name="separator">Between cells.</param>
    /// <param name="wrong">Makes the exception for a line and what is wrong with it.</param>
    /// <exception cref="Exception">What <paramref name="wrong"/> makes: a quoted cell is not closed, or text follows it.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Rows(
        IEnumerable<(int Number, string Text)> lines, char separator, Func<int, string, Exception> wrong)
    {
        var open = new OpenRow(separator);
        var begun = 0;
        foreach (var (number, line) in lines)
        {
            var text = number == 1 ? line.TrimStart('\uFEFF') : line;
            if (!open.InQuotes && text.AsSpan().Trim().IsEmpty)
            {
                continue;
            }

            if (!open.InQuotes && !text.Contains('"', StringComparison.Ordinal))
            {
                yield return (number, text.Split(separator));
                continue;
            }

            begun = open.InQuotes ? begun : number;
            if (!open.Scan(text))
            {
                throw wrong(number, "text follows a quoted cell");
            }

            if (!open.InQuotes)
            {
                yield return (begun, open.Take());
            }
        }

        if (open.InQuotes)
        {
            throw wrong(begun, "a quoted cell begins here and is never closed");
        }
    }

    // A row of which quoted cells may go on over several lines.
    private sealed class OpenRow(char separator)
    {
        private readonly List<string> _cells = [];
        private readonly StringBuilder _cell = new();

        /// <summary>Whether a quoted cell is still open at the end of what was scanned.</summary>
        public bool InQuotes { get; private set; }

        /// <summary>Adds a line. False where text follows a quoted cell.</summary>
        public bool Scan(string text)
        {
            _cell.Append(InQuotes ? "\n" : "");
            var closed = false;
            for (var i = 0; i < text.Length; i++)
            {
                var c = text[i];
                if (InQuotes)
                {
                    if (c != '"')
                    {
                        _cell.Append(c);
                    }
                    else if (i + 1 < text.Length && text[i + 1] == '"')
                    {
                        _cell.Append('"');
                        i++;
                    }
                    else
                    {
                        (InQuotes, closed) = (false, true);
                    }
                }
                else if (c == separator)
                {
                    EndCell();
                    closed = false;
                }
                else if (c == '"' && _cell.Length == 0 && !closed)
                {
                    InQuotes = true;
                }
                else if (closed && c != ' ')
                {
                    return false;
                }
                else
                {
                    _cell.Append(c);
                }
            }

            if (!InQuotes)
            {
                EndCell();
            }

            return true;
        }

        /// <summary>The row's cells; the next one begins.</summary>
        public string[] Take()
        {
            string[] cells = [.. _cells];
            _cells.Clear();
            return cells;
        }

        private void EndCell()
        {
            _cells.Add(_cell.ToString());
            _cell.Clear();
        }
    }
}
