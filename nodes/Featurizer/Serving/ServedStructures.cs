using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Threads;
using Ism.Protocol.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Serving;

/// <summary>The structures of a chunk for serving their microenvironments. A suspect is read alone first, and here only when that went
/// well.</summary>
internal sealed class ServedStructures(FeaturizerContext context, UnderWay underWay)
{
    /// <summary>Stands for the work in records of attempts.</summary>
    public const string Work = "serve";

    /// <summary>The chunk's structures by row; null for one that cannot be used.</summary>
    /// <exception cref="IOException">The storage does not give them.</exception>
    public Structure?[] Read(ChunkKey key)
    {
        var positions = context.Catalogue(key.Catalogue).PositionsOf(key.Chunk);
        var harvest = new ChunkPass<Structure, Structure>(context, underWay, key, Work)
            .Run((_, structure) => structure, (_, _, structure) => structure, position => Alone(key, position), _ => { }, CancellationToken.None);
        return [.. Enumerable.Range(0, positions.Count).Select(row => harvest.Values.GetValueOrDefault(positions.First + row))];
    }

    private AloneOutcome<Structure> Alone(ChunkKey key, long position)
    {
        if (new SuspectTrial(context).Run(key, position, null, CancellationToken.None).Refused is { } refused)
        {
            return new(null, refused);
        }

        var entry = context.Catalogue(key.Catalogue).EntryOf(position);
        underWay.Begin($"structure {entry.DisplayName} (position {position} of chunk {key}, which was sound alone)");
        var read = StructureBatch.Read([entry], context.Reading).Single();
        underWay.End();
        return read.Refusal is { } refusal
            ? new(null, new QuarantinedStructure(position, entry.Name, refusal.Reason.ToString(), refusal.Message))
            : new(read.Structure, null);
    }
}
