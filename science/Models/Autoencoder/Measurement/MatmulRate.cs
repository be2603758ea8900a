using System.Diagnostics;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Measurement;

/// <summary>The machine's rate of square matrix products, the yardstick of everything that is made of them.</summary>
/// <param name="PerSecond">Floating point operations a second.</param>
/// <param name="PerProcessorSecond">Operations a second of processor time, of all threads together: what other programs on the same cores
/// take does not count against it.</param>
public readonly record struct MatmulRate(double PerSecond, double PerProcessorSecond)
{
    private const int Size = 2048;

    /// <summary>Measures one product [2048, 2048] x [2048, 2048] with torch's present threads: the best of a few, since load from elsewhere
    /// only takes away.</summary>
    /// <param name="dtype">float32 or bfloat16.</param>
    /// <param name="device">Where; null: CPU.</param>
    /// <param name="times">Products timed, after one that is not.</param>
    public static MatmulRate Measure(ScalarType dtype, Device? device = null, int times = 5)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var place = device ?? CPU;
        var a = rand(Size, Size, device: place).to(dtype);
        var b = rand(Size, Size, device: place).to(dtype);
        var (best, bestProcessor) = (double.MaxValue, double.MaxValue);
        for (var i = 0; i <= times; i++)
        {
            var processor = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            using var product = a.matmul(b);
            using var read = product[0, 0].to(ScalarType.Float32).cpu();
            if (i > 0)
            {
                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
                bestProcessor = Math.Min(bestProcessor, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
            }
        }

        const double Operations = 2.0 * Size * Size * Size;
        return new MatmulRate(Operations / best, Operations / bestProcessor);
    }
}
