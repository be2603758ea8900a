using System.Globalization;

namespace Ism.Structures;

/// <summary>
/// A foldcomp database, of the form of MMseqs2's: a data file with foldcomp entries one behind the other; beside it
/// <c>.index</c> (key, offset, length a line) and <c>.lookup</c> (key, name a line). Members are read by seeking, as those of
/// a plain tar.
/// </summary>
internal static class FoldcompDatabase
{
    /// <summary>Whether the file is the data of such a database.</summary>
    public static bool Is(string path)
    {
        if (!File.Exists(path + ".index") || !File.Exists(path))
        {
            return false;
        }

        try
        {
            using var data = SourceFile.Open(path);
            Span<byte> magic = stackalloc byte[4];
            return data.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("FCMP"u8);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The entries in the order of the data. Without a lookup an entry's key is its name.</summary>
    /// <exception cref="StructureSourceException">Index or lookup cannot be read, or do not fit the data.</exception>
    public static IEnumerable<StructureEntry> List(string path)
    {
        var length = new FileInfo(path).Length;
        var rows = Lines(path, ".index", 3, fields => (Key: Number(fields[0]), Offset: Number(fields[1]), Length: Number(fields[2])));
        rows.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var names = new Dictionary<long, string>(rows.Count);
        if (File.Exists(path + ".lookup"))
        {
            foreach (var (key, name) in Lines(path, ".lookup", 2, fields => (Key: Number(fields[0]), Name: fields[1])))
            {
                names[key] = name;
            }
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var (key, offset, size) = rows[i];
            if (offset < 0 || size < 0 || offset > length - size)
            {
                throw new StructureSourceException(path,
                    $"the index says that entry {key} has {size} bytes from {offset}; the data has {length} bytes");
            }

            var name = names.GetValueOrDefault(key) ?? key.ToString(CultureInfo.InvariantCulture);
            yield return new StructureEntry(path, name, i, offset, size);
        }
    }

    private static List<T> Lines<T>(string path, string suffix, int fields, Func<string[], T> read)
    {
        var rows = new List<T>();
        try
        {
            foreach (var line in File.ReadLines(path + suffix))
            {
                var parts = line.Split('\t');
                rows.Add(parts.Length >= fields ? read(parts) : throw new FormatException($"fewer than {fields} fields"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            throw new StructureSourceException(path, $"{suffix}, line {rows.Count + 1}: {e.Message}", e);
        }

        return rows;
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
