using System.Globalization;
using Ism.GpuTrainer.Benchmarks;
using Ism.Models.Esm2;
using TorchSharp;

namespace Ism.Benchmarks.Training;

/// <summary>The command line.</summary>
internal sealed class Settings(string[] args)
{
    public string Shape => Text("--shape", "35M");

    public int Ranks => Number("--ranks", 1);

    public int Threads => Number("--threads", Math.Max(1, Environment.ProcessorCount / Ranks));

    public bool Has(string name) => args.Contains(name);

    public string Text(string name, string otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : otherwise;

    public int Number(string name, int otherwise) => int.Parse(Text(name, $"{otherwise}"), CultureInfo.InvariantCulture);

    public TrainingBenchmarkOptions Options()
    {
        var shape = Shape == "650M-3" ? Esm2Presets.Get("650M") with { Layers = 3 } : Esm2Presets.Get(Shape);
        return new()
        {
            Shape = shape with { Layers = Number("--layers", shape.Layers) },
            Lengths = Has("--lengths")
                ? [.. Text("--lengths", "").Split(',').Select(length => int.Parse(length, CultureInfo.InvariantCulture))]
                : [.. Enumerable.Repeat(TrainingWorkload.Lengths, Number("--copies", 1)).SelectMany(lengths => lengths)],
            Crop = Number("--crop", 512),
            TokensPerMicroBatch = Number("--tokens", 4096),
            Steps = Number("--steps", 3),
            CheckpointEvery = Number("--checkpoint", 0),
            Device = Text("--device", "cpu") is var device && device != "cpu" ? torch.device(device) : null,
            Precisions = Text("--precision", "both") switch
            {
                "fp32" => [torch.ScalarType.Float32],
                "bf16" => [torch.ScalarType.BFloat16],
                "both" => [torch.ScalarType.Float32, torch.ScalarType.BFloat16],
                var other => throw new ArgumentException($"--precision {other}: use fp32, bf16 or both"),
            },
        };
    }
}
