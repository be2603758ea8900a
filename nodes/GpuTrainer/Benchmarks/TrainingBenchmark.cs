using System.Diagnostics;
using Ism.Collectives;
using Ism.GpuTrainer.Training;
using Ism.Models.Autoencoder.Measurement;
using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.StructureTuning;
using TorchSharp;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>What is measured.</summary>
public sealed record TrainingBenchmarkOptions
{
    /// <summary>Shape of the language model.</summary>
    public Esm2Config Shape { get; init; } = Esm2Presets.Get("35M");

    /// <summary>Residues of the proteins of a global batch.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = TrainingWorkload.Lengths;

    /// <summary>Residues of a crop.</summary>
    public int Crop { get; init; } = 512;

    /// <summary>Tokens of a micro-batch at most.</summary>
    public int TokensPerMicroBatch { get; init; } = 8192;

    /// <summary>Of so many steps in each precision the best counts; one more warms up.</summary>
    public int Steps { get; init; } = 3;

    /// <summary>Precisions, by turns.</summary>
    public IReadOnlyList<torch.ScalarType> Precisions { get; init; } = [torch.ScalarType.Float32, torch.ScalarType.BFloat16];

    /// <summary>Of every n layers one keeps its activations; 0: all do (<see cref="LayerStackOptions.CheckpointEvery"/>).</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Where it is computed; null: on the CPU.</summary>
    public torch.Device? Device { get; init; }
}

/// <summary>
/// Times whole steps of structure-tuning (micro-batches, forward, backward, reduction, clipping, AdamW) against the machine's matrix
/// product rate, by turns in one run, so that what else the machine does meets both. One rank of a group, or alone.
/// </summary>
public sealed class TrainingBenchmark(TrainingBenchmarkOptions options)
{
    private const int Products = 3;

    /// <summary>Runs it. With several ranks each calls this with its member of one group; the result is that rank's, for the whole
    /// batch.</summary>
    public TrainingBenchmarkResult Run(ICollectiveGroup? group = null)
    {
        var samples = TrainingWorkload.Samples(options.Lengths, options.Crop);
        var share = samples.Where((_, i) => group is null || i % group.World == group.Rank).ToArray();
        var runs = options.Precisions.Select(precision => new PrecisionRun(options, precision, group)).ToArray();
        var (rate, halfRate, processor) = (0.0, 0.0, 0.0);
        try
        {
            for (var step = 0; step <= options.Steps; step++)
            {
                foreach (var run in runs)
                {
                    // The rate of the threads that this rank has, while the others measure theirs.
                    group?.Barrier();
                    var measured = MatmulRate.Measure(torch.ScalarType.Float32, options.Device, Products);
                    (rate, processor) = (Math.Max(rate, measured.PerSecond / 1e9), Math.Max(processor, measured.PerProcessorSecond / 1e9));
                    group?.Barrier();
                    run.Step(share, step > 0);
                }

                halfRate = Math.Max(halfRate, MatmulRate.Measure(torch.ScalarType.BFloat16, options.Device, Products).PerSecond / 1e9);
            }

            var lengths = samples.Select(sample => sample.Residues.Length + 2).ToArray();
            return new()
            {
                MatmulGigaflops = rate * (group?.World ?? 1),
                ProcessorGigaflops = group is null ? processor : null,
                HalfMatmulGigaflops = halfRate * (group?.World ?? 1),
                Tokens = lengths.Sum(),
                Flops = TrainingFlops.OfStep(options.Shape, lengths, TrainingWorkload.Clusters, runs[0].Masked),
                Precisions = [.. runs.Select(run => run.Result())],
            };
        }
        finally
        {
            Array.ForEach(runs, run => run.Dispose());
        }
    }

    private sealed class PrecisionRun : IDisposable
    {
        private readonly torch.ScalarType _precision;
        private readonly StructureTuningObjective _objective;
        private readonly DataParallelTrainer<TuningSample> _trainer;
        private readonly List<StepTimings> _timings = [];
        private readonly List<(long Resident, long Faults)> _memory = [];
        private readonly List<double> _busy = [];

        public PrecisionRun(TrainingBenchmarkOptions options, torch.ScalarType precision, ICollectiveGroup? group)
        {
            _precision = precision;
            var model = Esm2Initialization.Random(options.Shape, 1, device: options.Device);
            _objective = new(model, [TunedHead.New("autoencoder", TrainingWorkload.Clusters, null, model, 1)], new()
            {
                TokensPerMicroBatch = options.TokensPerMicroBatch,
                Layers = new() { Dtype = precision, CheckpointEvery = options.CheckpointEvery },
            });
            _trainer = new(_objective, new() { Schedule = new(1e-5, 0, 1_000_000) });
            if (group is not null)
            {
                _trainer.Join(group);
            }
        }

        public long Masked { get; private set; }

        public void Step(IReadOnlyList<TuningSample> share, bool counts)
        {
            var (before, used) = (ProcessMemory.Faults(), Environment.CpuUsage.TotalTime);
            var result = _trainer.Step(share);
            Masked = result.Counts[^1];
            var late = Finish();
            if (counts)
            {
                _timings.Add(result.Timings with { Optimizer = result.Timings.Optimizer + late });
                _busy.Add((Environment.CpuUsage.TotalTime - used).TotalSeconds);
                _memory.Add((ProcessMemory.Resident(), ProcessMemory.Faults() - before));
            }
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

        public PrecisionResult Result() => new(
            _precision, _timings.MinBy(timing => timing.Total)!, _timings.Select(timing => timing.Total).Order().ElementAt(_timings.Count / 2), _busy.Min(),
            _memory[^1].Resident - _memory[0].Resident, _memory.Min(memory => memory.Faults), _memory[^1].Resident);

        public void Dispose()
        {
            _trainer.Dispose();
            _objective.Dispose();
        }
    }
}
