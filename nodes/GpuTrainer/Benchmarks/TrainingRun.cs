using System.Diagnostics;
using Ism.Collectives;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using TorchSharp;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>Steps of structure-tuning in one precision, of a model with random weights, with what each took.</summary>
public sealed class TrainingRun : IDisposable
{
    private readonly torch.ScalarType _precision;
    private readonly StructureTuningObjective _objective;
    private readonly DataParallelTrainer<TuningSample> _trainer;
    private readonly List<StepTimings> _timings = [];
    private readonly List<(long Resident, long Faults)> _memory = [];
    private readonly List<double> _busy = [];

    /// <summary>Makes model, objective and trainer; <paramref name="group"/> is joined where given.</summary>
    public TrainingRun(TrainingBenchmarkOptions options, torch.ScalarType precision, ICollectiveGroup? group = null)
    {
        _precision = precision;
        var model = Esm2Initialization.Random(options.Shape, 1, device: options.Device);
        _objective = new(model, [TunedHead.New("autoencoder", TrainingWorkload.Clusters, null, model, 1)], new()
        {
            TokensPerMicroBatch = options.TokensPerMicroBatch,
            Layers = new() { Dtype = precision, CheckpointEvery = options.CheckpointEvery, Parts = options.Parts },
        });
        _trainer = new(_objective, new() { Schedule = new(1e-5, 0, 1_000_000) });
        if (group is not null)
        {
            _trainer.Join(group);
        }
    }

    /// <summary>Residues with a masked language target in the last step.</summary>
    public long Masked { get; private set; }

    /// <summary>One step.</summary>
    /// <param name="share">This rank's samples.</param>
    /// <param name="counts">Whether it is part of <see cref="Result"/>.</param>
    /// <returns>Where its time went, and its processor seconds, all threads of the process.</returns>
    public (StepTimings Timings, double Processor) Step(IReadOnlyList<TuningSample> share, bool counts)
    {
        var (before, used) = (ProcessMemory.Faults(), Environment.CpuUsage.TotalTime);
        var result = _trainer.Step(share);
        var timings = result.Timings with { Optimizer = result.Timings.Optimizer + Finish() };
        var processor = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        Masked = result.Counts[^1];
        if (counts)
        {
            _timings.Add(timings);
            _busy.Add(processor);
            _memory.Add((ProcessMemory.Resident(), ProcessMemory.Faults() - before));
        }

        return (timings, processor);
    }

    /// <summary>What the counted steps took.</summary>
    public PrecisionResult Result() => new(
        _precision, _timings.MinBy(timing => timing.Total)!, _timings.Select(timing => timing.Total).Order().ElementAt(_timings.Count / 2),
        _busy.Min(), _memory[^1].Resident - _memory[0].Resident, _memory.Min(memory => memory.Faults), _memory[^1].Resident);

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer.Dispose();
        _objective.Dispose();
    }

    // A device may still be at the update when the step returns; seconds until it is done.
    private double Finish()
    {
        if (_trainer.State.Parameters.Values.device is not { type: DeviceType.CUDA } device)
        {
            return 0;
        }

        var clock = Stopwatch.StartNew();
        torch.cuda.synchronize(device);
        return clock.Elapsed.TotalSeconds;
    }
}
