using System.Diagnostics;
using System.Globalization;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using TorchSharp;

// What checkpoints cost the steps: the same steps of structure-tuning without checkpoints, with checkpoints in the background, and
// with the steps waiting for the disk, by turns in one run, so that only their ratios matter.
// dotnet run -c Release --project benchmarks/Checkpoints [FOLDER] [ROUNDS] [STEPS PER CHECKPOINT] [LAYERS] [WIDTH] [PROTEINS]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var folder = Path.Combine(args.Length > 0 ? args[0] : Path.GetTempPath(), $"ism-checkpoints-{Guid.NewGuid():N}");
int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
var (rounds, every, layers, width) = (Number(1, 6), Number(2, 10), Number(3, 6), Number(4, 320));
var proteins = Number(5, 6);
var model = Esm2Initialization.Random(new(layers, width, 20), 1);
using var objective = new StructureTuningObjective(
    model, [TunedHead.New("autoencoder", 64, null, model, 1)], new() { TokensPerMicroBatch = 1024 });
using var trainer = new DataParallelTrainer<TuningSample>(objective, new() { Schedule = new(1e-4, 0, 100_000) });
using var background = new BackgroundCheckpoints(new CheckpointStore(Path.Combine(folder, "background"), keep: 2));
var waiting = new CheckpointStore(Path.Combine(folder, "waiting"), keep: 2);
var run = new RunIdentity("benchmark", objective.Name, 1);
var share = Enumerable.Range(0, proteins).Select(i => new TuningSample
{
    Id = $"{i}",
    Residues = new string([.. Enumerable.Range(0, 150).Select(r => "LAGVSERTIDPKQNFYMHWC"[((r * 7) + i) % 20])]),
    Tokens = [[.. Enumerable.Range(0, 150).Select(r => (short)((r + i) % 64))]],
    DrawKey = (ulong)i,
}).ToArray();
var parameters = trainer.State.Parameters.Length;
Console.WriteLine($"{Environment.ProcessorCount} cores, {torch.get_num_threads()} torch threads, {parameters / 1e6:F1} M parameters, "
    + $"state of {parameters * 12 / 1e6:F0} MB, {share.Length * 150} residues a step, a checkpoint every {every} steps, "
    + $"{rounds} rounds, {folder}");
string[] ways = ["none", "background", "waiting"];
var seconds = ways.ToDictionary(way => way, _ => new List<double>());
var (copies, saves, writes, left) = (new List<double>(), new List<double>(), new List<double>(), 0);
try
{
    for (var i = 0; i < 3; i++)
    {
        trainer.Step(share);
    }

    // The first copy makes the buffers.
    background.TryBegin(trainer.State, run);
    background.WaitIdle();
    _ = background.TakeEnded();
    for (var round = 0; round < rounds; round++)
    {
        foreach (var way in ways)
        {
            for (var i = 0; i < every; i++)
            {
                var clock = Stopwatch.StartNew();
                trainer.Step(share);
                if (i == 0 && way == "background")
                {
                    var copy = Stopwatch.StartNew();
                    left += background.TryBegin(trainer.State, run) ? 0 : 1;
                    copies.Add(copy.Elapsed.TotalSeconds);
                }
                else if (i == 0 && way == "waiting")
                {
                    var save = Stopwatch.StartNew();
                    waiting.Save(trainer.State, run);
                    saves.Add(save.Elapsed.TotalSeconds);
                }

                seconds[way].Add(clock.Elapsed.TotalSeconds);
            }

            background.WaitIdle();
            while (background.TakeEnded() is { } ended)
            {
                writes.Add(ended.Problem is null ? ended.Seconds : throw ended.Problem);
            }
        }
    }

    Console.WriteLine($"{"checkpoints",-12}{"mean step",12}{"median",12}{"longest",12}{"mean / none",14}{"longest / none's median",26}");
    foreach (var way in ways)
    {
        var sorted = seconds[way].Order().ToArray();
        var none = seconds["none"];
        Console.WriteLine($"{way,-12}{1e3 * sorted.Average(),9:F0} ms{1e3 * Median(sorted),9:F0} ms"
            + $"{1e3 * sorted[^1],9:F0} ms"
            + $"{sorted.Average() / none.Average(),14:F3}{sorted[^1] / Median(none),26:F2}");
    }

    Console.WriteLine($"steps stand still for {1e3 * copies.Average():F0} ms (median {1e3 * Median(copies):F0}) with the background, for "
        + $"{1e3 * saves.Average():F0} ms (median {1e3 * Median(saves):F0}) without; a write in the background: {writes.Average():F2} s; "
        + $"left out: {left}");
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
