using Ism.GpuTrainer.Benchmarks;
using Ism.Models.Training;

namespace Ism.Cli.Benchmarks;

/// <summary>Whole steps of structure-tuning at ESM2-35M's shape over a real mix of lengths, in both precisions, beside the machine's rate
/// of matrix products. Takes a minute or two, whatever time is asked for: a step is that long.</summary>
public sealed class TrainingMeasurement : IMeasurement
{
    // More keeps more of the activations than a laptop's memory likes.
    private const int TokensPerMicroBatch = 4096;

    /// <inheritdoc/>
    public string Name => "training";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Reading>> RunAsync(double seconds, Action<string> say, CancellationToken cancel) => Task.Run(() =>
    {
        HostMemory.KeepFreed();
        _ = KernelCache.Bound();
        say("trains the 35M shape, a step to warm up and a few that count in each precision");
        var result = new TrainingBenchmark(new TrainingBenchmarkOptions
        {
            TokensPerMicroBatch = TokensPerMicroBatch,
            Steps = seconds < 2 ? 1 : 2,
        }).Run();
        return (IReadOnlyList<Reading>)[.. result.Numbers().Select(n => new Reading(n.Key, n.Value, What(n.Key)))];
    }, cancel);

    private static string What(string key) => key switch
    {
        "matmul.gflops" => "GFLOP/s of a float32 matrix product of 2048, the same run",
        "matmul.bf16_gflops" => "GFLOP/s of a bfloat16 one",
        "training.share_of_matmul" => "useful operations of the float32 step as a share of that rate",
        "training.bf16_share_of_matmul" => "the same of the bfloat16 step, of the float32 rate",
        "training.bf16_speedup" => "float32 step over bfloat16 step",
        "training.useful_tokens_per_second" => "tokens/s, float32, optimizer included",
        "training.bf16_useful_tokens_per_second" => "tokens/s, bfloat16, optimizer included",
        _ => "",
    };
}
