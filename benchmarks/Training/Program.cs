using System.Globalization;
using System.Text.Json;
using Ism.Collectives;
using Ism.GpuTrainer.Benchmarks;
using Ism.Models.Esm2;
using Ism.Models.Training;
using TorchSharp;

// Steps of structure-tuning against the matrix product rate of the same run.
// dotnet run -c Release --project benchmarks/Training -- [--shape 8M|35M|650M-3] [--threads N] [--ranks N] [--steps N] [--crop N]
//   [--tokens N] [--checkpoint N] [--copies N] [--precision fp32|bf16|both] [--default-malloc]
//   [--device cpu|cuda] [--json]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string Text(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : otherwise;
int Number(string name, int otherwise) => int.Parse(Text(name, $"{otherwise}"), CultureInfo.InvariantCulture);
var kept = !args.Contains("--default-malloc") && HostMemory.KeepFreed();
var (shape, ranks, precision) = (Text("--shape", "35M"), Number("--ranks", 1), Text("--precision", "both"));
torch.set_num_threads(Number("--threads", Math.Max(1, Environment.ProcessorCount / ranks)));
var options = new TrainingBenchmarkOptions
{
    Shape = shape == "650M-3" ? Esm2Presets.Get("650M") with { Layers = 3 } : Esm2Presets.Get(shape),
    Lengths = [.. Enumerable.Repeat(TrainingWorkload.Lengths, Number("--copies", 1)).SelectMany(lengths => lengths)],
    Crop = Number("--crop", 512),
    TokensPerMicroBatch = Number("--tokens", 4096),
    Steps = Number("--steps", 3),
    CheckpointEvery = Number("--checkpoint", 0),
    Device = Text("--device", "cpu") is var device && device != "cpu" ? torch.device(device) : null,
    Precisions = precision switch
    {
        "fp32" => [torch.ScalarType.Float32],
        "bf16" => [torch.ScalarType.BFloat16],
        "both" => [torch.ScalarType.Float32, torch.ScalarType.BFloat16],
        _ => throw new ArgumentException($"--precision {precision}: use fp32, bf16 or both"),
    },
};
var result = ranks == 1 ? new TrainingBenchmark(options).Run() : OverRanks()[0];
if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(result.Numbers()));
    return;
}

Console.WriteLine($"{shape}, {ranks} ranks of {torch.get_num_threads()} threads, {result.Tokens} tokens a step, {result.Flops / 1e9:F0} "
    + $"GFLOP, freed memory {(kept ? "kept" : "as malloc has it")}; matmul {result.MatmulGigaflops:F0} GFLOP/s, bf16 "
    + $"{result.HalfMatmulGigaflops:F0} GFLOP/s");
foreach (var one in result.Precisions)
{
    var best = one.Best;
    Console.WriteLine($"{one.Precision,-9}{1e3 * best.Total,8:F0} ms (median {1e3 * one.MedianSeconds:F0}), {result.Share(one),6:P1} of "
        + $"fp32 matmul ({result.ProcessorShare(one):P1} in processor time), {result.Tokens / best.Total,6:F0} tokens/s: collate {1e3 * (best.Collate + best.Counts):F0}, forward "
        + $"{1e3 * best.Forward:F0}, backward {1e3 * best.Backward:F0}, reduce {1e3 * best.Reduce:F0}, clip {1e3 * best.Clip:F0}, "
        + $"optimizer {1e3 * best.Optimizer:F0} ms; {one.Faults} page faults, growth {one.Growth / 1e6:F1} MB, resident "
        + $"{one.Resident / 1e6:F0} MB");
}

if (result.Numbers().TryGetValue("training.bf16_speedup", out var speedup))
{
    Console.WriteLine($"bf16 is {speedup:F2} times fp32");
}

// Ranks of this process over loopback: a thread each.
TrainingBenchmarkResult[] OverRanks()
{
    var listeners = Enumerable.Range(0, ranks).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
    string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
    var name = Guid.NewGuid();
    var results = new TrainingBenchmarkResult[ranks];
    var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
    {
        using var group = listeners[rank].Connect(
            new() { Group = name, Generation = 1, Rank = rank, Endpoints = endpoints }, TimeSpan.FromSeconds(60));
        results[rank] = new TrainingBenchmark(options).Run(group);
    })).ToArray();
    Array.ForEach(threads, thread => thread.Start());
    Array.ForEach(threads, thread => thread.Join());
    return results;
}
