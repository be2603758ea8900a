using Ism.Corpus;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>One structure of a chunk: read, or refused with its reason.</summary>
public readonly record struct ChunkStructure(int Row, long Position, string Name, Structure? Structure, QuarantinedStructure? Refused);

/// <summary>Reads the structures of a chunk in one pass over their sources. A bad one is refused by itself.</summary>
public static class ChunkStructures
{
    /// <summary>The chunk's structures in the order of their rows.</summary>
    public static IEnumerable<ChunkStructure> Read(Catalogue catalogue, int chunk, StructureReaderOptions options)
    {
        var first = catalogue.PositionsOf(chunk).First;
        var entries = catalogue.EntriesOf(chunk).Select(e => new StructureEntry(e.Path, e.Member, e.Offset, e.Length, e.Name)).ToList();
        foreach (var (row, content) in StructureSources.Read(entries, options))
        {
            yield return ReadOne(row, first + row, entries[row], content, options);
        }
    }

    private static ChunkStructure ReadOne(
        int row, long position, StructureEntry entry, Func<Stream> content, StructureReaderOptions options)
    {
        try
        {
            using var stream = content();
            return new ChunkStructure(row, position, entry.Name, StructureReader.Read(stream, entry.Member ?? entry.Path, options), null);
        }
        catch (StructureRefusedException e)
        {
            return Refuse(e.Reason.ToString(), e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Refuse(nameof(RefusalReason.Unreadable), e.Message);
        }

        ChunkStructure Refuse(string reason, string message) =>
            new(row, position, entry.Name, null, new QuarantinedStructure(position, entry.Name, reason, message));
    }
}
