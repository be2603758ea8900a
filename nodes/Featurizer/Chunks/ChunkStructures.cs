using Ism.Corpus;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>One structure of a chunk: read, or refused with its reason.</summary>
public readonly record struct ChunkStructure(int Row, long Position, string Name, Structure? Structure, QuarantinedStructure? Refused);

/// <summary>Reads the structures of a chunk in one pass over their sources. A bad one is refused by itself.</summary>
public static class ChunkStructures
{
    /// <summary>The chunk's structures; those of one archive in the archive's order.</summary>
    public static IEnumerable<ChunkStructure> Read(Catalogue catalogue, int chunk, StructureReaderOptions options)
    {
        var first = catalogue.PositionsOf(chunk).First;
        var entries = catalogue.EntriesOf(chunk).ToList();
        var rows = new Dictionary<StructureEntry, int>();
        for (var row = 0; row < entries.Count; row++)
        {
            rows[entries[row]] = row;
        }

        foreach (var (entry, structure, refusal) in StructureBatch.Read(entries, options))
        {
            var row = rows[entry];
            var refused = refusal is null
                ? null
                : new QuarantinedStructure(first + row, entry.Name, refusal.Reason.ToString(), refusal.Message);
            yield return new ChunkStructure(row, first + row, entry.Name, structure, refused);
        }
    }
}
