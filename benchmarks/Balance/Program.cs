using System.Globalization;
using Ism.Benchmarks.Balance;
using Ism.Corpus;
using Ism.GpuTrainer.Benchmarks;
using Ism.GpuTrainer.Samples;
using Ism.Models.Esm2;
using TorchSharp;

// How much longer a step takes than it had to, because a rank's share costs more than the mean: shared out by count and by cost.
// dotnet run -c Release --project benchmarks/Balance -- [FOLDER] [--shape 8M|35M|650M] [--crop N] [--steps N] [--measure] [--rounds N]
//   FOLDER: $ISM_STRUCTURES/train where not given. --measure: also trains the shares of some steps, one rank after the other.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string Text(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : otherwise;
int Number(string name, int otherwise) => int.Parse(Text(name, $"{otherwise}"), CultureInfo.InvariantCulture);
var folder = args.Length > 0 && !args[0].StartsWith('-')
    ? args[0]
    : Path.Combine(Environment.GetEnvironmentVariable("ISM_STRUCTURES") ?? throw new ArgumentException("give a folder of structures"), "train");
var (shape, crop, steps) = (Esm2Presets.Get(Text("--shape", "650M")), Number("--crop", 512), Number("--steps", 100));
var mix = new LengthMix(folder);
var sorted = mix.Sorted;
Console.WriteLine($"{mix.Count} structures, {sorted.Length} chains of {sorted[0]} to {sorted[^1]} residues, median {sorted[sorted.Length / 2]}; crop {crop}");
var order = new SampleOrder(mix.Count, 256, seed: 1, windowChunks: 64);
var cost = SequenceCost.OfTuning(shape, TrainingWorkload.Clusters, 0.15);
Console.WriteLine($"{"ranks",5}{"samples a rank",16}{"by count",10}{"worst",8}{"by cost",10}{"worst",8}   max / mean cost over ranks, mean and worst of {steps} steps");
foreach (var ranks in new[] { 2, 4, 8, 32 })
{
    foreach (var samples in new[] { 8, 64 })
    {
        var batches = Enumerable.Range(0, steps).Select(step => order.Step(step, ranks * samples)
            .Select(visit => cost.Of(mix.CropOf(visit, crop))).ToArray()).ToList();
        var counted = batches.Select(costs => WorkShares.Imbalance(costs, ByCount(costs.Length, ranks))).ToList();
        var balanced = batches.Select(costs => WorkShares.Imbalance(costs, WorkShares.Of(costs, ranks))).ToList();
        Console.WriteLine($"{ranks,5}{samples,16}{counted.Average(),10:0.000}{counted.Max(),8:0.000}{balanced.Average(),10:0.0000}{balanced.Max(),8:0.000}");
    }
}

if (args.Contains("--measure"))
{
    Measure(Number("--rounds", 2), Number("--measured", 3));
}

static int[][] ByCount(int samples, int ranks) =>
    [.. Enumerable.Range(0, ranks).Select(rank => Enumerable.Range(0, samples).Where(i => i % ranks == rank).ToArray())];

void Measure(int rounds, int measured)
{
    const int Samples = 8;
    torch.set_num_threads(1);
    using var shares = new MeasuredShares(shape, 4096);
    Console.WriteLine($"processor time of {Samples} samples a rank, one thread, max / mean over ranks, mean of {measured} steps:");
    foreach (var ranks in new[] { 2, 4, 8 })
    {
        var (counted, balanced) = (0.0, 0.0);
        for (var step = 0; step < measured; step++)
        {
            int[] lengths = [.. order.Step(step, ranks * Samples).Select(visit => mix.CropOf(visit, crop))];
            counted += Of(lengths, ByCount(lengths.Length, ranks)) / measured;
            balanced += Of(lengths, WorkShares.Of([.. lengths.Select(cost.Of)], ranks)) / measured;
        }

        Console.WriteLine($"{ranks,5} ranks: by count {counted:0.000}, by cost {balanced:0.000}");
    }

    double Of(int[] lengths, int[][] places)
    {
        var seconds = shares.Seconds([.. places.Select(share => share.Select(i => lengths[i]).Where(l => l > 0).ToArray())], rounds);
        return seconds.Max() / seconds.Average();
    }
}
