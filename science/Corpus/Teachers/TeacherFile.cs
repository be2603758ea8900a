using System.IO.Compression;
using System.Text;

namespace Ism.Corpus.Teachers;

/// <summary>
/// Reads tokens made elsewhere, row by row: Arrow IPC files (<see cref="TeacherArrow"/>), CSV and TSV with a header that names the
/// columns <c>name</c> and <c>tokens</c> and maybe <c>chain</c> and <c>sequence</c>, and FASTA where tokens are letters. Text may be
/// gzipped. A folder stands for its Arrow files, in the order of their names: the token files of another job.
/// </summary>
public static class TeacherFile
{
    /// <summary>Rows in the order of the file.</summary>
    /// <param name="path">The file; its extension says what it is.</param>
    /// <param name="alphabet">How tokens are written.</param>
    /// <param name="teacher">The teacher's name: in a file with several columns of tokens, <c>tokens.NAME</c> is its.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file or a row is not what it should be; names file and row or line.</exception>
    public static IEnumerable<TeacherTokens> Read(string path, TeacherAlphabet alphabet, string teacher)
    {
        if (Directory.Exists(path))
        {
            return FilesOf(path).SelectMany(file => TeacherArrow.Read(file, alphabet, teacher));
        }

        var zipped = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        return Path.GetExtension(zipped ? path[..^3] : path).ToLowerInvariant() switch
        {
            ".arrow" or ".feather" or ".ipc" when !zipped => TeacherArrow.Read(path, alphabet, teacher),
            ".csv" => Table(path, zipped, ',', alphabet),
            ".tsv" or ".tab" => Table(path, zipped, '\t', alphabet),
            ".fasta" or ".fa" when alphabet.Letters.Length > 0 => Fasta(path, zipped, alphabet),
            ".fasta" or ".fa" => throw new InvalidDataException($"{path}: a FASTA file of tokens needs the teacher's alphabet"),
            var other => throw new InvalidDataException(
                $"{path}: tokens are read from .arrow, .feather, .csv, .tsv or .fasta, not from '{other}'"),
        };
    }

    /// <summary>The files that <paramref name="path"/> names: itself, or a folder's Arrow files in the order of their names.</summary>
    /// <exception cref="InvalidDataException">A folder holds none.</exception>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        var files = Directory.GetFiles(path, "*.arrow").Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0 ? files : throw new InvalidDataException($"{path} is a folder without .arrow files");
    }

    private static IEnumerable<TeacherTokens> Table(string path, bool zipped, char separator, TeacherAlphabet alphabet)
    {
        using var reader = Text(path, zipped);
        using var rows = DelimitedText.Rows(
            DelimitedText.Lines(reader), separator, (line, what) => new InvalidDataException($"{path}:{line}: {what}")).GetEnumerator();
        var header = rows.MoveNext() ? rows.Current.Cells : [""];
        int Column(string name) => Array.FindIndex(header, field => string.Equals(field.Trim(), name, StringComparison.OrdinalIgnoreCase));
        var (name, tokens, chain, sequence) = (Column("name"), Column("tokens"), Column("chain"), Column("sequence"));
        if (name < 0 || tokens < 0)
        {
            throw new InvalidDataException(
                $"{path}: the first line must name the columns 'name' and 'tokens' (and may name 'chain' and 'sequence'); it is "
                + $"'{string.Join(separator, header)}'");
        }

        while (rows.MoveNext())
        {
            var (number, fields) = rows.Current;
            if (fields.Length != header.Length)
            {
                throw new InvalidDataException($"{path}:{number}: {fields.Length} fields where the header names {header.Length}");
            }

            yield return new TeacherTokens(
                fields[name].Trim(), chain < 0 ? null : fields[chain].Trim(), sequence < 0 ? null : fields[sequence].Trim(),
                Tokens(fields[tokens], alphabet, $"{path}:{number}"));
        }
    }

    private static IEnumerable<TeacherTokens> Fasta(string path, bool zipped, TeacherAlphabet alphabet)
    {
        using var reader = Text(path, zipped);
        var (name, start, text) = ("", 0, new StringBuilder());
        for (var number = 1; ; number++)
        {
            var line = reader.ReadLine();
            if (line is null or ['>', ..])
            {
                if (name.Length > 0)
                {
                    yield return new TeacherTokens(name, null, null, Tokens(text.ToString(), alphabet, $"{path}:{start}"));
                }

                if (line is null)
                {
                    yield break;
                }

                (name, start) = (line[1..].Split([' ', '\t'], 2)[0], number);
                text.Clear();
            }
            else
            {
                text.Append(line.Trim());
            }
        }
    }

    private static ushort[] Tokens(string text, TeacherAlphabet alphabet, string place)
    {
        try
        {
            return alphabet.Read(text);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{place}: {e.Message}", e);
        }
    }

    private static StreamReader Text(string path, bool zipped)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return new StreamReader(zipped ? new GZipStream(file, CompressionMode.Decompress) : file, Encoding.UTF8);
    }
}
