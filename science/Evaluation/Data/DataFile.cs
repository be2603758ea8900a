using System.IO.Compression;
using System.Text.Json;
using Ism.Corpus;

namespace Ism.Evaluation.Data;

/// <summary>
/// Reads records from the files people have: CSV and TSV with a header, JSON lines, FASTA (FLIP's KEY=value in headers become fields) and
/// A3M (its first record alone, without insertions), each also with .gz. The ending of the name decides. Every record of a sequence file
/// has the fields id and sequence.
/// </summary>
public static class DataFile
{
    private static readonly string[] Pickled = [".lmdb", ".mdb", ".pkl", ".pickle", ".pt", ".pth", ".npz", ".npy", ".joblib"];

    /// <summary>What is read, for messages.</summary>
    public const string Kinds = ".fasta .fa .faa .a3m .csv .tsv .tab .jsonl .ndjson, each also with .gz";

    /// <summary>Whether the name is of one of the kinds that are read.</summary>
    public static bool IsKnown(string path) => Kind(path) is ".fasta" or ".fa" or ".faa" or ".a3m" or ".csv" or ".tsv" or ".tab"
        or ".jsonl" or ".ndjson";

    /// <summary>The records in the file's order.</summary>
    /// <exception cref="DataFileException">The file is of another kind, or malformed; the message names the line.</exception>
    public static IEnumerable<DataRecord> Read(string path)
    {
        var kind = Kind(path);
        if (Pickled.Contains(kind) || Directory.Exists(path))
        {
            throw new DataFileException(path, 0, "LMDB folders, pickles and arrays of Python may hold programs and are not read; write "
                + $"the records as JSON lines or CSV, in Python: print(json.dumps(record)) (read are {Kinds})");
        }

        return kind switch
        {
            ".fasta" or ".fa" or ".faa" => Fasta(path, firstOnly: false),
            ".a3m" => Fasta(path, firstOnly: true),
            ".csv" => Delimited(path, ','),
            ".tsv" or ".tab" => Delimited(path, '\t'),
            ".jsonl" or ".ndjson" => JsonLines(path),
            _ => throw new DataFileException(path, 0, $"'{kind}' is no kind of file that is read; read are {Kinds}"),
        };
    }

    /// <summary>Lines of a text file, plain or .gz, numbered from 1.</summary>
    /// <exception cref="DataFileException">It cannot be opened.</exception>
    public static IEnumerable<(int Number, string Text)> Lines(string path)
    {
        using var reader = Open(path);
        foreach (var line in DelimitedText.Lines(reader))
        {
            yield return line;
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            var file = File.OpenRead(path);
            return new StreamReader(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(file, CompressionMode.Decompress) : file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, 0, $"cannot be opened: {e.Message}");
        }
    }

    private static string Kind(string path) => Path.GetExtension(
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path).ToLowerInvariant();

    private static IEnumerable<DataRecord> Fasta(string path, bool firstOnly)
    {
        Dictionary<string, string>? fields = null;
        var (begun, records) = (0, 0);
        var sequence = new System.Text.StringBuilder();
        foreach (var (number, line) in Lines(path))
        {
            if (line.StartsWith('>'))
            {
                if (fields is not null)
                {
                    yield return Finish();
                    if (firstOnly)
                    {
                        yield break;
                    }
                }

                (fields, begun) = (Header(path, number, line), number);
                records++;
                sequence.Clear();
            }
            else if (line.Trim().Length > 0 && line[0] != ';' && line[0] != '#')
            {
                _ = fields ?? throw new DataFileException(path, number, "text before the first '>'; this is no FASTA file");
                sequence.Append(line.Trim());
            }
        }

        yield return fields is not null ? Finish() : throw new DataFileException(path, 0, "holds no sequence");

        DataRecord Finish()
        {
            var text = sequence.ToString();

            // A3M writes insertions against the first sequence in lower case, and gaps as '-'; FASTA's lower case is soft masking.
            text = firstOnly ? string.Concat(text.Where(c => c is >= 'A' and <= 'Z')) : text.TrimEnd('*');
            fields["sequence"] = text.Length > 0 ? text : throw new DataFileException(path, begun, $"'{fields["id"]}' has no residues");
            return new DataRecord(path, begun, fields);
        }
    }

    private static Dictionary<string, string> Header(string path, int number, string line)
    {
        var words = line[1..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["id"] = words.Length > 0 ? words[0] : throw new DataFileException(path, number, "the header has no id"),
        };
        foreach (var word in words.Skip(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                fields[word[..equals]] = word[(equals + 1)..];
            }
        }

        return fields;
    }

    private static IEnumerable<DataRecord> Delimited(string path, char separator)
    {
        string[]? titles = null;
        foreach (var (number, cells) in DelimitedText.Rows(Lines(path), separator, (line, what) => new DataFileException(path, line, what)))
        {
            if (titles is null)
            {
                titles = cells;
                continue;
            }

            if (cells.Length != titles.Length)
            {
                throw new DataFileException(path, number, $"{cells.Length} fields, but the header has {titles.Length}");
            }

            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < cells.Length; i++)
            {
                fields[titles[i].Trim()] = cells[i].Trim();
            }

            yield return new DataRecord(path, number, fields);
        }

        if (titles is null)
        {
            throw new DataFileException(path, 0, "is empty; a header with the names of the columns is needed");
        }
    }

    private static IEnumerable<DataRecord> JsonLines(string path)
    {
        foreach (var (number, line) in Lines(path))
        {
            if (line.Trim().Length == 0)
            {
                continue;
            }

            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            try
            {
                using var json = JsonDocument.Parse(line);
                foreach (var property in json.RootElement.EnumerateObject())
                {
                    // Arrays and objects stay JSON.
                    fields[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? "" : property.Value.ToString();
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new DataFileException(path, number, $"is no JSON object: {e.Message}");
            }

            yield return new DataRecord(path, number, fields);
        }
    }
}
