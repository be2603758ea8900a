using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ism.GpuTrainer.Benchmarks;
using Ism.Models.Autoencoder.Measurement;
using TorchSharp;

namespace Ism.Benchmarks.Training;

/// <summary>The same shapes in PyTorch, by turns in the same run: peer.py builds the network from plain modules as its authors do.</summary>
internal static class PeerReport
{
    /// <summary>Prints a row for 8M with 8 x 256 tokens and one for 35M with 4 x 256; false if there is no PyTorch.</summary>
    public static bool Run(Settings settings)
    {
        foreach (var (shape, count) in new[] { ("8M", 8), ("35M", 4) })
        {
            var options = new Settings(["--shape", shape]).Options() with { Lengths = [.. Enumerable.Repeat(254, count)] };
            var samples = TrainingWorkload.Samples(options.Lengths, options.Crop);
            using var peer = Start(settings, $"{options.Shape.Layers} {options.Shape.Width} {options.Shape.Heads} {count} 256 "
                + $"{torch.get_num_threads()}");
            if (Answer(peer, null) is not { } about)
            {
                Console.WriteLine($"PyTorch is absent: {settings.Text("--python", "/usr/bin/python3")} with torch did not start");
                return false;
            }

            using var single = new TrainingRun(options, torch.ScalarType.Float32);
            using var half = new TrainingRun(options, torch.ScalarType.BFloat16);
            var (theirs, ours, halves) = (new List<double>(), new List<double>(), new List<double>());
            var (matmul, processor) = (new List<double>(), new List<(double Theirs, double Ours)>());
            for (var step = 0; step <= settings.Number("--steps", 5); step++)
            {
                var answer = Answer(peer, "step") ?? throw new InvalidOperationException("PyTorch ended in the middle of the comparison");
                var (timings, used) = single.Step(samples, counts: false);
                var (halfTimings, _) = half.Step(samples, counts: false);
                if (step > 0)
                {
                    theirs.Add(answer["seconds"]);
                    ours.Add(timings.Total);
                    halves.Add(halfTimings.Total);
                    processor.Add((answer["processor"], used));
                    matmul.Add(MatmulRate.Measure(torch.ScalarType.Float32, times: 1).PerSecond / 1e9);
                }
            }

            peer.StandardInput.Close();
            _ = peer.WaitForExit(10_000);
            Console.WriteLine(
                $"{shape}, {count} x 256 tokens, {torch.get_num_threads()} threads: PyTorch {(int)about["version"] / 100}.{(int)about["version"] % 100} {1e3 * theirs.Min():F0} "
                + $"ms (its matmul {about["matmul"]:F0} GFLOP/s), ISM fp32 {1e3 * ours.Min():F0} ms (matmul {matmul.Max():F0} GFLOP/s), "
                + $"{theirs.Min() / ours.Min():F2} times as fast; bf16 {1e3 * halves.Min():F0} ms, {theirs.Min() / halves.Min():F2} times; in "
                + $"processor time {processor.Min(p => p.Theirs) / processor.Min(p => p.Ours):F2} times");
        }

        return true;
    }

    private static Process Start(Settings settings, string arguments)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "peer.py");
        var start = new ProcessStartInfo(settings.Text("--python", "/usr/bin/python3"), $"{script} {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture);
        start.Environment["OPENBLAS_NUM_THREADS"] = start.Environment["OMP_NUM_THREADS"];
        return Process.Start(start)!;
    }

    // One line there, one line back; null where there is nobody.
    private static Dictionary<string, double>? Answer(Process peer, string? question)
    {
        if (question is not null)
        {
            peer.StandardInput.WriteLine(question);
        }

        return peer.StandardOutput.ReadLine() is { } line ? JsonSerializer.Deserialize<Dictionary<string, double>>(line) : null;
    }
}
