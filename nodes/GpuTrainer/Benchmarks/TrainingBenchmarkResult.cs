using Ism.GpuTrainer.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>Steps in one precision.</summary>
/// <param name="Precision">Type of the layers.</param>
/// <param name="Best">Where the time of the fastest step went.</param>
/// <param name="MedianSeconds">Median of all steps.</param>
/// <param name="ProcessorSeconds">Processor time of the step that took the least, all threads of the process.</param>
/// <param name="Growth">Bytes by which resident memory grew from the first to the last step.</param>
/// <param name="Faults">Page faults of the step that had the fewest.</param>
/// <param name="Resident">Resident bytes after the last step.</param>
public sealed record PrecisionResult(
    torch.ScalarType Precision, StepTimings Best, double MedianSeconds, double ProcessorSeconds, long Growth, long Faults, long Resident);

/// <summary>What <see cref="TrainingBenchmark"/> measured.</summary>
public sealed record TrainingBenchmarkResult
{
    /// <summary>float32 matrix product rate over all ranks, 10^9 operations a second.</summary>
    public required double MatmulGigaflops { get; init; }

    /// <summary>The same a second of processor time of one thread; null where several ranks share the process's.</summary>
    public required double? ProcessorGigaflops { get; init; }

    /// <summary>The rate in bfloat16.</summary>
    public required double HalfMatmulGigaflops { get; init; }

    /// <summary>Tokens of a step, &lt;cls&gt; and &lt;eos&gt; counted; all are computed and none is padding.</summary>
    public required long Tokens { get; init; }

    /// <summary>Useful operations of a step (<see cref="TrainingFlops"/>).</summary>
    public required double Flops { get; init; }

    /// <summary>One a precision.</summary>
    public required IReadOnlyList<PrecisionResult> Precisions { get; init; }

    /// <summary>Useful operations of the fastest step as a share of the float32 matrix product rate.</summary>
    public double Share(PrecisionResult result) => Flops / result.Best.Total / 1e9 / MatmulGigaflops;

    /// <summary>The same in processor time, for one rank of one thread on a machine that others load too.</summary>
    public double? ProcessorShare(PrecisionResult result) => Flops / result.ProcessorSeconds / 1e9 / ProcessorGigaflops;

    /// <summary>One flat object for programs.</summary>
    public IReadOnlyDictionary<string, double> Numbers()
    {
        var numbers = new Dictionary<string, double>
        {
            ["matmul.gflops"] = MatmulGigaflops,
            ["matmul.bf16_gflops"] = HalfMatmulGigaflops,
            ["training.tokens"] = Tokens,
            ["training.flops"] = Flops,
            ["training.padding_share"] = 0,
        };
        var single = Precisions.FirstOrDefault(result => result.Precision == torch.ScalarType.Float32);
        var half = Precisions.FirstOrDefault(result => result.Precision == torch.ScalarType.BFloat16);
        if (single is not null)
        {
            numbers["training.share_of_matmul"] = Share(single);
            numbers["training.useful_tokens_per_second"] = Tokens / single.Best.Total;
        }

        if (half is not null)
        {
            numbers["training.bf16_share_of_matmul"] = Share(half);
            numbers["training.bf16_useful_tokens_per_second"] = Tokens / half.Best.Total;
        }

        if (single is not null && half is not null)
        {
            numbers["training.bf16_speedup"] = single.Best.Total / half.Best.Total;
        }

        foreach (var result in Precisions)
        {
            var name = result.Precision == torch.ScalarType.BFloat16 ? "training.bf16" : "training.fp32";
            var best = result.Best;
            (string, double)[] phases =
            [
                ("collate", best.Collate + best.Counts), ("forward", best.Forward), ("backward", best.Backward),
                ("reduce", best.Reduce), ("clip", best.Clip), ("optimizer", best.Optimizer),
            ];
            foreach (var (phase, seconds) in phases)
            {
                numbers[$"{name}.{phase}_ms"] = 1e3 * seconds;
            }

            if (ProcessorShare(result) is { } share)
            {
                numbers[$"{name}.processor_share_of_matmul"] = share;
            }

            numbers[$"{name}.median_ms"] = 1e3 * result.MedianSeconds;
            numbers[$"{name}.growth_bytes"] = result.Growth;
            numbers[$"{name}.page_faults"] = result.Faults;
            numbers[$"{name}.resident_bytes"] = result.Resident;
        }

        return numbers;
    }
}
