using Ism.Featurizer.Chunks;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Metrics;

/// <summary>Told how a pass over structures goes on.</summary>
internal interface IStructureMeter
{
    /// <summary>The next structure is read, or refused.</summary>
    void HasRead();

    /// <summary>The structure that was read is worked on.</summary>
    void HasMade();
}

/// <summary>Measures the structures of one kind of work.</summary>
internal sealed class StructureMeter(WorkKind kind, ChunkTimes times, StructureWork work) : IStructureMeter
{
    private double _read;

    public void HasRead() => _read = times.HasRead();

    public void HasMade() => FeaturizerMetrics.Structure(kind, _read + times.Structure(work.EncodeSeconds));
}
