using Ism.Collectives;
using Ism.GpuTrainer.Boards;
using Ism.GpuTrainer.Metrics;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Jobs;

namespace Ism.GpuTrainer.Stages;

/// <summary>
/// What one rank tells of its steps: metrics and spans for whoever listens, and on rank 0 <c>metrics.jsonl</c> and TensorBoard's event
/// files. None of it holds a step up for a disk but the one line of <c>metrics.jsonl</c>. Belongs to the training thread.
/// </summary>
internal sealed class StageWatch : IDisposable
{
    private readonly IStageRuntime _runtime;
    private readonly ICollectiveGroup _group;
    private readonly MetricsFile _metrics;
    private readonly EventFile _board;
    private readonly double? _peak;

    public StageWatch(StageLoopHost host, IStageRuntime runtime, ICollectiveGroup group, MetricsFile metrics)
    {
        (_runtime, _group, _metrics) = (runtime, group, metrics);
        _peak = DevicePeak.Of(runtime.CudaDevice, host.Job.Training.Precision);
        _board = new EventFile(Path.Combine(host.Workspace.At(Workspace.TensorBoard), runtime.Stage.StageId), runtime.Step + 1, host.Log);
        TrainerMetrics.Enter(group.Rank, group.World, group.Generation);
    }

    /// <summary>A step is done.</summary>
    /// <param name="result">What it gave.</param>
    /// <param name="waited">How long this rank waited for its samples.</param>
    /// <param name="elapsed">How long the step took after that.</param>
    public CompletedStep Completed(StepResult result, TimeSpan waited, TimeSpan elapsed)
    {
        var rate = result.UsefulTokens / Math.Max(1e-9, (elapsed + waited).TotalSeconds);
        var step = new CompletedStep(result, rate, waited / (waited + elapsed), _group.World, _group.Generation)
        {
            PeakShare = result.Flops > 0 ? result.Flops / Math.Max(1e-9, elapsed.TotalSeconds) / _peak : null,
            ResidentBytes = Environment.WorkingSet,
        };
        TrainerMetrics.Completed(step, _group.Rank, waited.TotalSeconds);
        StepTraces.Completed(step, _runtime.Stage.StageId, _group.Rank, waited, elapsed);
        if (_group.Rank == 0)
        {
            _metrics.Step(step);
            _board.Add(result.Step + 1, Scalars(step));
        }

        return step;
    }

    /// <summary>A step was refused on all ranks.</summary>
    public void Refused()
    {
        if (_group.Rank == 0)
        {
            TrainerMetrics.Refused();
        }
    }

    /// <summary>Held-out metrics after a step, on rank 0.</summary>
    public void Evaluated(long step, IReadOnlyDictionary<string, double> metrics)
    {
        _metrics.Evaluation(step, metrics);
        _board.Add(step, metrics.Select(m => ($"evaluation/{m.Key}", m.Value)));
    }

    /// <summary>The generation is over.</summary>
    public void Dispose()
    {
        TrainerMetrics.Leave();
        _board.Dispose();
    }

    private static IEnumerable<(string Tag, double Value)> Scalars(CompletedStep step)
    {
        var result = step.Result;
        yield return ("loss/total", result.TotalLoss);
        foreach (var (term, loss) in result.Terms.Zip(result.Losses))
        {
            if (loss is { } value)
            {
                yield return ($"loss/{term}", value);
            }
        }

        yield return ("optimizer/gradient_norm", result.GradientNorm);
        yield return ("optimizer/learning_rate", result.LearningRate);
        yield return ("throughput/tokens_per_second", step.TokensPerSecond);
        yield return ("throughput/step_seconds", result.Timings.Total);
        yield return ("throughput/waiting", step.Waiting);
        if (step.PeakShare is { } share)
        {
            yield return ("throughput/share_of_peak", share);
        }

        yield return ("memory/resident_bytes", step.ResidentBytes);
        yield return ("group/world", step.World);
    }
}
