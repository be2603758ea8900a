using System.Text;
using Ism.Structures;

namespace Ism.Corpus;

/// <summary>
/// An immutable list of structures in chunks. A structure's place in it is its position; everything else (order of samples,
/// leases, token files) speaks of positions and chunks. Named by its content: <see cref="Id"/> is the SHA-256 over chunk size and
/// entries, so the same structures in another order, under other paths or in other chunks are another catalogue.
/// Two entries for the same bytes (path, member and index) are refused; two structures of the same name in different places are
/// kept as two positions. Kept in columns of about 60 bytes an entry. Safe for concurrent readers.
/// </summary>
public sealed class Catalogue
{
    private const string Magic = "ism-catalogue-1";
    private readonly List<CatalogueColumns> _runs;
    private readonly Containers _containers;

    private Catalogue(List<CatalogueColumns> runs, Containers containers, int chunkSize)
    {
        _runs = runs;
        _containers = containers;
        Layout = new ChunkLayout(runs.Sum(run => (long)run.Count), chunkSize);
        Id = Hash();
    }

    /// <summary>SHA-256 of the content, 64 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>How the positions are cut into chunks.</summary>
    public ChunkLayout Layout { get; }

    /// <summary>Number of structures.</summary>
    public long Count => Layout.Count;

    /// <summary>Structures in every chunk but the last.</summary>
    public int ChunkSize => Layout.ChunkSize;

    /// <summary>Number of chunks.</summary>
    public int ChunkCount => Layout.ChunkCount;

    /// <summary>The folders and archives; for storing.</summary>
    internal Containers Containers => _containers;

    /// <summary>The columns; for storing.</summary>
    internal IReadOnlyList<CatalogueColumns> Runs => _runs;

    /// <summary>Makes a catalogue of entries, in their order. Streams: no more than one entry is held as an object.</summary>
    /// <exception cref="ArgumentException">Two entries name the same path, member and index; the message names both
    /// positions.</exception>
    public static Catalogue Create(IEnumerable<StructureEntry> entries, int chunkSize)
    {
        var containers = new Containers();
        var runs = new List<CatalogueColumns>();
        var builder = new CatalogueColumnsBuilder();
        var seen = new SeenSources();
        foreach (var entry in entries)
        {
            Check(entry, seen.Count);
            seen.Add(entry);
            builder.Add(entry, containers);
            if (builder.Count == CatalogueColumns.RunLength)
            {
                runs.Add(builder.Build());
            }
        }

        if (builder.Count > 0)
        {
            runs.Add(builder.Build());
        }

        return new Catalogue(runs, containers, chunkSize);
    }

    /// <summary>Opens a catalogue that <see cref="Save"/> wrote and checks that its content still has its name.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or does not belong to the others; names it.</exception>
    public static Catalogue Open(string folder) => CatalogueFolder.Read(folder);

    /// <summary>
    /// Writes the catalogue into <c>parent/name-id8/</c>, whole or not at all, and returns that folder. Saving the same catalogue
    /// again is harmless.
    /// </summary>
    public string Save(string parent, string name) => CatalogueFolder.Write(this, parent, name);

    /// <summary>The chunk of a position.</summary>
    public int ChunkOf(long position) => Layout.ChunkOf(position);

    /// <summary>The positions of a chunk.</summary>
    public PositionRange PositionsOf(int chunk) => Layout.PositionsOf(chunk);

    /// <summary>The structure at a position.</summary>
    public StructureEntry EntryOf(long position)
    {
        if (position < 0 || position >= Count)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"positions are numbered 0 to {Count - 1}");
        }

        return _runs[(int)(position / CatalogueColumns.RunLength)]
            .Entry((int)(position % CatalogueColumns.RunLength), _containers);
    }

    /// <summary>The structures of a chunk, by position.</summary>
    public IEnumerable<StructureEntry> EntriesOf(int chunk)
    {
        var range = PositionsOf(chunk);
        for (var position = range.First; position < range.End; position++)
        {
            yield return EntryOf(position);
        }
    }

    /// <summary>For <see cref="CatalogueFolder"/>: columns that were read back.</summary>
    internal static Catalogue FromColumns(List<CatalogueColumns> runs, Containers containers, int chunkSize) =>
        new(runs, containers, chunkSize);

    private static void Check(StructureEntry entry, long position)
    {
        if (string.IsNullOrEmpty(entry.Path))
        {
            throw new ArgumentException($"catalogue entry {position} has no path: {entry}");
        }
    }

    private string Hash()
    {
        using var hash = new CanonicalHash();
        hash.AddText(Encoding.UTF8.GetBytes(Magic));
        hash.Add(ChunkSize);
        foreach (var run in _runs)
        {
            run.AddTo(hash, _containers);
        }

        hash.Add(Count);
        return hash.Finish();
    }
}
