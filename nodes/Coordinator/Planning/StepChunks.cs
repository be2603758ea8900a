using Ism.Corpus;

namespace Ism.Coordinator.Planning;

/// <summary>Which chunks the samples of each step are in: the same however many featurizers there are, so that it is worked out once for
/// all that are tried. For one thread.</summary>
internal sealed class StepChunks
{
    private readonly SampleOrder _order;
    private readonly int _globalBatch;
    private readonly List<int[]> _steps = [];

    /// <summary>Those of a job.</summary>
    public StepChunks(PlannedJob job)
    {
        _globalBatch = job.GlobalBatch;
        _order = new SampleOrder(job.Structures, job.ChunkSize, job.Seed, job.WindowChunks);
        Order = _order.ChunkOrder(0);
    }

    /// <summary>All chunks in the order in which the first epoch needs them.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>The chunks of a step.</summary>
    public int[] Of(long step)
    {
        while (_steps.Count <= step)
        {
            _steps.Add([.. _order.Step(_steps.Count, _globalBatch).Select(position => position.Chunk).Distinct()]);
        }

        return _steps[(int)step];
    }
}
