using System.Text;

namespace Ism.Corpus;

/// <summary>Lines of CSV and TSV files.</summary>
public static class DelimitedText
{
    /// <summary>The fields of a line. One in double quotes may hold the separator; a doubled quote in it is one.</summary>
    public static List<string> Fields(string line, char separator)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
        {
            return [.. line.Split(separator)];
        }

        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
        {
            var letter = line[i];
            if (letter == '"')
            {
                if (quoted && i + 1 < line.Length && line[i + 1] == '"')
                {
                    field.Append(line[i++]);
                    continue;
                }

                quoted = !quoted;
            }
            else if (letter == separator && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(letter);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
