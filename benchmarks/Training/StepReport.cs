using Ism.Collectives;
using Ism.GpuTrainer.Benchmarks;
using TorchSharp;

namespace Ism.Benchmarks.Training;

/// <summary>Whole steps, on one rank or several of this process.</summary>
internal static class StepReport
{
    public static TrainingBenchmarkResult Measure(Settings settings) =>
        settings.Ranks == 1 ? new TrainingBenchmark(settings.Options()).Run() : OverRanks(settings)[0];

    public static void Print(Settings settings, TrainingBenchmarkResult result, bool kept)
    {
        Console.WriteLine(
            $"{settings.Shape}, {settings.Ranks} ranks of {torch.get_num_threads()} threads, {result.Tokens} tokens a step, "
            + $"{result.Flops / 1e9:F0} GFLOP, freed memory {(kept ? "kept" : "as malloc has it")}; matmul {result.MatmulGigaflops:F0} "
            + $"GFLOP/s, bf16 {result.HalfMatmulGigaflops:F0} GFLOP/s");
        foreach (var one in result.Precisions)
        {
            var best = one.Best;
            Console.WriteLine(
                $"{one.Precision,-9}{1e3 * best.Total,8:F0} ms (median {1e3 * one.MedianSeconds:F0}), {result.Share(one),6:P1} of fp32 "
                + $"matmul ({result.ProcessorShare(one):P1} in processor time), {result.Tokens / best.Total,6:F0} tokens/s: collate "
                + $"{1e3 * (best.Collate + best.Counts):F0}, forward {1e3 * best.Forward:F0}, backward {1e3 * best.Backward:F0}, reduce "
                + $"{1e3 * best.Reduce:F0}, clip {1e3 * best.Clip:F0}, optimizer {1e3 * best.Optimizer:F0} ms; {one.Faults} page faults, "
                + $"growth {one.Growth / 1e6:F1} MB, resident {one.Resident / 1e6:F0} MB");
        }

        if (result.Numbers().TryGetValue("training.bf16_speedup", out var speedup))
        {
            Console.WriteLine($"bf16 is {speedup:F2} times fp32");
        }
    }

    // Ranks of this process over loopback: a thread each.
    private static TrainingBenchmarkResult[] OverRanks(Settings settings)
    {
        var listeners = Enumerable.Range(0, settings.Ranks).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        var name = Guid.NewGuid();
        var results = new TrainingBenchmarkResult[settings.Ranks];
        var threads = Enumerable.Range(0, settings.Ranks).Select(rank => new Thread(() =>
        {
            using var group = listeners[rank].Connect(
                new() { Group = name, Generation = 1, Rank = rank, Endpoints = endpoints }, TimeSpan.FromSeconds(60));
            results[rank] = new TrainingBenchmark(settings.Options()).Run(group);
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return results;
    }
}
