using Ism.GpuTrainer.Benchmarks;
using TorchSharp;

namespace Ism.Benchmarks.Training;

/// <summary>Memory over many steps whose proteins' lengths are never the same, as in a run.</summary>
internal static class MemoryWatch
{
    // What a trainer lets its memory vary by (ResidentBound), and the runtime's heap besides.
    private const double Share = 1.1;
    private const double Slack = 48e6;

    /// <summary>Prints every step; false if memory grew in the later half or tensors were left over.</summary>
    public static bool Run(Settings settings)
    {
        var (steps, options) = (settings.Number("--watch", 60), settings.Options());
        var held = true;
        foreach (var precision in options.Precisions)
        {
            using var run = new TrainingRun(options, precision);
            var (resident, live, managed) = (new List<double>(), new List<long>(), new List<long>());
            for (var step = 0; step < steps; step++)
            {
                // Two micro-batches, the second of any size.
                var tokens = (int)(options.TokensPerMicroBatch * (1.1 + (0.1 * (step % 8))));
                var samples = TrainingWorkload.Samples(TrainingWorkload.Drawn(step, tokens, options.Crop), options.Crop);
                var allocated = GC.GetTotalAllocatedBytes();
                var (timings, _) = run.Step(samples, counts: false);
                managed.Add(GC.GetTotalAllocatedBytes() - allocated);
                resident.Add(ProcessMemory.Resident());
                live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                Console.WriteLine(
                    $"{precision} step {step,3}: {1e3 * timings.Total,6:F0} ms, resident {resident[^1] / 1e6,7:F1} MB, {live[^1]} live "
                    + $"tensors, {managed[^1] / 1e3:F0} kB allocated");
            }

            held &= Judge(precision, resident, live, managed);
        }

        return held;
    }

    private static bool Judge(torch.ScalarType precision, List<double> resident, List<long> live, List<long> managed)
    {
        var half = resident.Count / 2;
        var (before, after) = (resident[..half].Max(), resident[half..].Max());
        var grew = after > (Share * before) + Slack;
        var left = live[half..].Distinct().Count() > 1;
        Console.WriteLine(
            $"{precision}: most resident memory {before / 1e6:F1} MB in the first half, {after / 1e6:F1} MB in the second"
            + $"{(grew ? ": IT GROWS" : "")}; {live[^1]} live tensors{(left ? ", NOT ALWAYS AS MANY" : " after every step")}; "
            + $"{managed[half..].Order().ElementAt((managed.Count - half) / 2) / 1e3:F0} kB allocated a step (median)");
        return !grew && !left;
    }
}
