using System.IO.Compression;
using System.Text;

namespace Ism.Structures.Alignments;

/// <summary>
/// Reads aligned sequences, the query first. A3M and A2M (.a3m, .a2m): lower-case letters and '.' are insertions and left out, '-' is a gap; the
/// records of secondary structure that HH-suite writes (ss_pred, sa_dssp, …) and consensus sequences are no sequences. Aligned FASTA (.fasta, .fa,
/// .faa, .afa): '-' and '.' are gaps, either case is a residue, and columns in which the query has a gap are left out. Each may have .gz behind.
/// </summary>
public static class AlignmentReader
{
    /// <summary>Endings that are read, without .gz.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. Inserted, ".fasta", ".fa", ".faa", ".afa"];

    private const int MostColumns = 50_000;
    private const long MostCells = 1L << 30;
    private static readonly string[] Annotations = ["ss_", "sa_", "aa_"];

    private static string[] Inserted => [".a3m", ".a2m"];

    /// <summary>Whether a file's name has an ending that is read.</summary>
    public static bool IsKnown(string path) => Endings.Contains(Ending(path));

    /// <summary>The file name without folder and endings.</summary>
    public static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        name = IsPacked(name) ? name[..^3] : name;
        return name[..^Path.GetExtension(name).Length];
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; its ending says what it is.</param>
    /// <param name="most">Sequences to take; of more than that, the query and others evenly spaced in the file's order. 0: all.</param>
    /// <exception cref="AlignmentFormatException">The file holds something else; names file and line.</exception>
    /// <exception cref="IOException">The storage does not give it.</exception>
    public static SequenceAlignment Read(string path, int most = 0)
    {
        using Stream stream = IsPacked(path) ? Unpacked(path) : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return Read(reader, path, Inserted.Contains(Ending(path)), most);
    }

    // Lower case, with its dot, without .gz.
    internal static string Ending(string path) => Path.GetExtension(IsPacked(path) ? path[..^3] : path).ToLowerInvariant();

    private static SequenceAlignment Read(StreamReader reader, string path, bool inserted, int most)
    {
        var rows = new List<byte[]>();
        var record = new Record();
        long cells = 0;
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.StartsWith('>'))
            {
                Finish();
                record.Begin(line, number);
            }
            else if (record.Line > 0)
            {
                record.Take(line, path, number, inserted, rows.Count == 0);
            }
            else if (line.Trim().Length > 0 && line[0] != '#')
            {
                throw new AlignmentFormatException(
                    path, number, $"'{Short(line)}' stands before the first '>'; give A3M or aligned FASTA (Stockholm and Clustal files must be converted)");
            }
        }

        Finish();
        if (rows.Count == 0)
        {
            throw new AlignmentFormatException(path, 0, "holds no sequence; it needs the query and what is aligned to it, each after a line with '>'");
        }

        return new SequenceAlignment(Thinned(OfQuery(rows, path), most), rows.Count);

        void Finish()
        {
            if (record.Line == 0 || record.IsAnnotation)
            {
                return;
            }

            var row = record.Codes.ToArray();
            if (rows.Count > 0 && row.Length != rows[0].Length)
            {
                throw new AlignmentFormatException(
                    path, record.Line, $"'{Short(record.Name)}' has {row.Length} columns, but the query has {rows[0].Length}: "
                    + (inserted
                        ? "upper-case letters and '-' are columns, lower-case letters and '.' insertions; is this an A3M file whose first sequence is the query?"
                        : "all sequences of aligned FASTA have one length; name the file .a3m if lower-case letters are insertions"));
            }

            rows.Add(row);
            cells += row.Length;
            if (row.Length > MostColumns || cells > MostCells)
            {
                throw new AlignmentFormatException(
                    path, record.Line, $"{rows.Count:N0} sequences of {row.Length:N0} columns are more than is read ({MostColumns:N0} columns, {MostCells >> 30} GiB); filter the alignment");
            }
        }
    }

    private static MemoryStream Unpacked(string path)
    {
        var stored = File.ReadAllBytes(path);
        var content = new MemoryStream();
        try
        {
            using var packed = new GZipStream(new MemoryStream(stored), CompressionMode.Decompress);
            var buffer = new byte[1 << 16];
            while (packed.Read(buffer) is > 0 and var read)
            {
                content.Write(buffer, 0, read);
                if (content.Length > MostCells)
                {
                    throw new AlignmentFormatException(path, 0, $"is over {MostCells >> 30} GiB unpacked, more than is read; filter the alignment");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new AlignmentFormatException(path, 0, $"is no gzip file ({e.Message}); copy it again, or take the .gz from its name", e);
        }

        content.Position = 0;
        return GzipTrailer.Matches(stored, content.GetBuffer().AsSpan(0, (int)content.Length))
            ? content
            : throw new AlignmentFormatException(path, 0, "is cut short: the end of the gzip file is missing; copy it again");
    }

    private static List<byte[]> OfQuery(List<byte[]> rows, string path)
    {
        var kept = Enumerable.Range(0, rows[0].Length).Where(column => rows[0][column] != SequenceAlignment.Gap).ToArray();
        if (kept.Length == 0)
        {
            throw new AlignmentFormatException(path, 0, "the query, its first sequence, has no residues");
        }

        return kept.Length == rows[0].Length ? rows : rows.ConvertAll(row => Array.ConvertAll(kept, column => row[column]));
    }

    private static List<byte[]> Thinned(List<byte[]> rows, int most) => most == 0 || rows.Count <= most
        ? rows
        : [rows[0], .. Enumerable.Range(0, most - 1).Select(i => rows[1 + (int)((long)i * (rows.Count - 1) / (most - 1))])];

    private static bool IsPacked(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static string Short(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "…");

    // The sequence that is being read.
    private sealed class Record
    {
        public int Line { get; private set; }

        public string Name { get; private set; } = "";

        public List<byte> Codes { get; } = [];

        public bool IsAnnotation { get; private set; }

        public void Begin(string line, int number)
        {
            var name = line[1..].Trim();
            (Line, Name) = (number, name.Split((char[]?)null, 2)[0]);
            IsAnnotation = Annotations.Any(kind => Name.StartsWith(kind, StringComparison.Ordinal))
                || Name == "Consensus" || Name.EndsWith("_consensus", StringComparison.Ordinal);
            Codes.Clear();
        }

        public void Take(string line, string path, int number, bool inserted, bool isQuery)
        {
            if (IsAnnotation)
            {
                return;
            }

            foreach (var letter in line)
            {
                if (letter is '-' || (letter == '.' && !inserted))
                {
                    Codes.Add(SequenceAlignment.Gap);
                }
                else if (char.IsAsciiLetterUpper(letter) || (char.IsAsciiLetterLower(letter) && !inserted))
                {
                    Codes.Add(AminoAcids.Index(letter));
                }
                else if (char.IsAsciiLetterLower(letter) && isQuery)
                {
                    throw new AlignmentFormatException(
                        path, number, $"the query '{Short(Name)}' has '{letter}': lower-case letters are insertions against the query in A3M, so it has none itself; "
                        + "put the query first, or name the file .fasta");
                }
                else if (!char.IsAsciiLetterLower(letter) && letter is not ('.' or '*' or ' ' or '\t' or '\r'))
                {
                    throw new AlignmentFormatException(
                        path, number, $"'{Short(Name)}' has the character '{letter}' (code {(int)letter}), which is no residue, gap or insertion; remove it");
                }
            }
        }
    }
}
