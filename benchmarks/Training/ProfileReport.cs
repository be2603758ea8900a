using Ism.GpuTrainer.Benchmarks;
using TorchSharp;

namespace Ism.Benchmarks.Training;

/// <summary>The parts of a step: what share of it each is, and at what rate its products run.</summary>
internal static class ProfileReport
{
    public static void Run(Settings settings)
    {
        var options = settings.Options();
        foreach (var precision in options.Precisions)
        {
            var profile = TrainingProfile.Measure(options, precision);
            var rate = precision == torch.ScalarType.BFloat16 ? profile.HalfRate : profile.Rate;
            var (wall, processor) = (profile.Parts.Sum(part => part.Time.Seconds), profile.Parts.Sum(part => part.Time.Processor));
            Console.WriteLine(
                $"{settings.Shape} in {precision}, {torch.get_num_threads()} threads: {1e3 * wall:F0} ms, processor time "
                + $"{1e3 * processor:F0} ms; its matmul {rate.Wall:F0} GFLOP/s by the clock, {rate.Processor:F0} a second of processor "
                + "time. Processor columns mean something with one thread only");
            Console.WriteLine($"{"part",-38}{"ms",8}{"share",8}{"processor ms",14}{"share",8}{"of its matmul's rate",22}{"processor",12}");
            foreach (var (name, time) in profile.Parts)
            {
                var products = time.Operations > 0;
                Console.WriteLine(
                    $"{name,-38}{1e3 * time.Seconds,8:F0}{time.Seconds / wall,8:P1}{1e3 * time.Processor,14:F0}"
                    + $"{time.Processor / processor,8:P1}"
                    + $"{(products ? $"{time.Operations / time.Seconds / 1e9 / rate.Wall:P0}" : ""),22}"
                    + $"{(products ? $"{time.Operations / time.Processor / 1e9 / rate.Processor:P0}" : ""),12}");
            }
        }
    }
}
