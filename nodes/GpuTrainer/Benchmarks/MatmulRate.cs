using TorchSharp;
using Rate = Ism.Models.Autoencoder.Measurement.MatmulRate;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>What the machine computes at most: the rate of one large matrix product through libtorch, with the threads and at the moment
/// of the measurement.</summary>
public static class MatmulRate
{
    /// <summary>Floating point operations in 10^9 a second, and a second of processor time, of the best of <paramref name="rounds"/>
    /// products of two 2048 x 2048 matrices. Processor time tells more where other programs share the cores, and only for one thread:
    /// several count their waiting for each other.</summary>
    public static (double Wall, double Processor) Measure(torch.ScalarType dtype, torch.Device? device = null, int rounds = 3)
    {
        var rate = Rate.Measure(dtype, device, rounds);
        return (rate.PerSecond / 1e9, rate.PerProcessorSecond / 1e9);
    }
}
