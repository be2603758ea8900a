using Ism.Featurizer.Attempts;
using Ism.Featurizer.Threads;
using Ism.Models.Autoencoder;
using Ism.Protocol.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>A structure that was read and prepared, or its refusal, or what preparing it threw.</summary>
internal readonly record struct ReadStructure<T>(
    StructureEntry Entry, long Position, T? Ready, StructureRefusedException? Refusal, Exception? Defect)
    where T : class;

/// <summary>Reads and prepares structures of a chunk, one after the other, and says which one is under way. Waiting for the storage takes no
/// core; from the moment that a structure's bytes are in memory it does.</summary>
/// <param name="context">Limits of reading.</param>
/// <param name="underWay">Told what is being read.</param>
/// <param name="record">Told which structure is under way; whoever takes the results says when it is done.</param>
/// <param name="key">The chunk.</param>
/// <param name="positions">Of its structures.</param>
/// <param name="cores">What the encoder computes on meanwhile; null: it does not.</param>
internal sealed class ChunkReading<T>(
    FeaturizerContext context, UnderWay underWay, AttemptRecord record, ChunkKey key, IReadOnlyDictionary<StructureEntry, long> positions,
    CoreShare? cores) : IReadingWatch
    where T : class
{
    private long _position = -1;
    private bool _holdsCore;

    /// <summary>Yields each entry once, prepared by <paramref name="prepare"/> where it could be read.</summary>
    public IEnumerable<ReadStructure<T>> Read(IReadOnlyList<StructureEntry> entries, Func<long, Structure, T> prepare)
    {
        try
        {
            foreach (var (entry, structure, refusal) in StructureBatch.Read(entries, context.Reading, this))
            {
                var position = positions[entry];
                T? ready = null;
                Exception? defect = null;
                if (structure is not null)
                {
                    try
                    {
                        ready = prepare(position, structure);
                    }
                    catch (Exception e) when (e is not OperationCanceledException and not IOException)
                    {
                        defect = e;
                    }
                }

                underWay.EndReading();
                LeaveCore();
                yield return new(entry, position, ready, refusal, defect);
            }
        }
        finally
        {
            LeaveCore();
        }
    }

    /// <inheritdoc/>
    public void Seeking(StructureEntry entry)
    {
        var position = positions[entry];
        Begin(entry, position);
        if (position != _position)
        {
            _position = position;
            record.Begin(position);
        }
    }

    /// <inheritdoc/>
    public void Loaded(StructureEntry entry)
    {
        if (cores is not null && !_holdsCore)
        {
            // Others compute meanwhile: that time is not the structure's.
            underWay.EndReading();
            cores.Enter();
            _holdsCore = true;
        }

        Begin(entry, _position);
        Faults.At(entry.Name, alone: false);
    }

    private void Begin(StructureEntry entry, long position) =>
        underWay.BeginReading($"structure {entry.DisplayName} (position {position} of chunk {key})");

    private void LeaveCore()
    {
        if (_holdsCore)
        {
            _holdsCore = false;
            cores!.Leave();
        }
    }
}
