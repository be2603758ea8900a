using System.Diagnostics;
using TorchSharp;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>What the machine computes at most: the rate of one large matrix product through libtorch, with the threads and at the moment
/// of the measurement.</summary>
public static class MatmulRate
{
    private const int Size = 2048;

    /// <summary>Floating point operations in 10^9 a second, and a second of processor time, of the best of <paramref name="rounds"/>
    /// products of two 2048 x 2048 matrices. Processor time tells more where other programs share the cores, and only for one thread:
    /// several count their waiting for each other.</summary>
    public static (double Wall, double Processor) Measure(torch.ScalarType dtype, torch.Device? device = null, int rounds = 3)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var a = torch.ones([Size, Size], dtype: dtype, device: device);
        var (best, busy) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round <= rounds; round++)
        {
            var (start, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            using var result = torch.mm(a, a);
            if (a.device_type == DeviceType.CUDA)
            {
                torch.cuda.synchronize();
            }

            // The first one warms up.
            if (round > 0)
            {
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
                busy = Math.Min(busy, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
            }
        }

        const double Operations = 2.0 * Size * Size * Size / 1e9;
        return (Operations / best, Operations / busy);
    }
}
