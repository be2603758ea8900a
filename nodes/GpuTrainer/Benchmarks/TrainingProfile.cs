using Ism.Models.Autoencoder.Measurement;
using Ism.Models.Esm2.Layers;
using TorchSharp;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>A part of a training step.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Time">What it took in the step that took the least processor time.</param>
public sealed record ProfiledPart(string Name, PartTime Time);

/// <summary>Where the time of a training step on the CPU goes, against the matrix product rate of the same run.</summary>
/// <param name="Rate">float32 products, by the clock and a second of processor time, in 10^9 operations.</param>
/// <param name="HalfRate">bfloat16 products.</param>
/// <param name="Parts">The layers' parts, then all the rest in one. The clock's sum is the step.</param>
public sealed record TrainingProfile(
    (double Wall, double Processor) Rate, (double Wall, double Processor) HalfRate, IReadOnlyList<ProfiledPart> Parts)
{
    /// <summary>What is not in a layer.</summary>
    public const string Rest = "embedding, heads, losses, optimizer";

    /// <summary>Runs <see cref="TrainingBenchmarkOptions.Steps"/> steps after one that warms up.</summary>
    public static TrainingProfile Measure(TrainingBenchmarkOptions options, torch.ScalarType precision)
    {
        var parts = new LayerParts();
        using var run = new TrainingRun(options with { Parts = parts }, precision);
        var samples = TrainingWorkload.Samples(options.Lengths, options.Crop);
        (double Wall, double Processor) rate = default, half = default;
        IReadOnlyList<ProfiledPart> best = [];
        for (var step = 0; step <= options.Steps; step++)
        {
            (rate, half) = (Better(rate, torch.ScalarType.Float32), Better(half, torch.ScalarType.BFloat16));
            parts.Clear();
            var (timings, processor) = run.Step(samples, counts: false);
            if (step > 0 && (best.Count == 0 || processor < best.Sum(part => part.Time.Processor)))
            {
                var inside = parts.Times;
                var rest = new PartTime(
                    timings.Total - inside.Sum(part => part.Value.Seconds), processor - inside.Sum(part => part.Value.Processor), 0);
                best = [.. inside.Select(part => new ProfiledPart(part.Key, part.Value)), new(Rest, rest)];
            }
        }

        return new(rate, half, best);
    }

    private static (double Wall, double Processor) Better((double Wall, double Processor) before, torch.ScalarType dtype)
    {
        var now = MatmulRate.Measure(dtype);
        return (Math.Max(before.Wall, now.PerSecond / 1e9), Math.Max(before.Processor, now.PerProcessorSecond / 1e9));
    }
}
