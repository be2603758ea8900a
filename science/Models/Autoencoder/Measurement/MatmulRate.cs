using System.Diagnostics;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Measurement;

/// <summary>The machine's rate of square matrix products, the yardstick of everything that is made of them.</summary>
public static class MatmulRate
{
    private const int Size = 2048;

    /// <summary>Floating point operations a second of one product [2048, 2048] x [2048, 2048] with torch's present threads: the best of a
    /// few, since load from elsewhere only takes away.</summary>
    /// <param name="dtype">float32 or bfloat16.</param>
    /// <param name="device">Where; null: CPU.</param>
    /// <param name="times">Products timed, after one that is not.</param>
    public static double Measure(ScalarType dtype, Device? device = null, int times = 5)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var place = device ?? CPU;
        var a = rand(Size, Size, device: place).to(dtype);
        var b = rand(Size, Size, device: place).to(dtype);
        var best = double.MaxValue;
        for (var i = 0; i <= times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var product = a.matmul(b);
            using var read = product[0, 0].to(ScalarType.Float32).cpu();
            if (i > 0)
            {
                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }

        return 2.0 * Size * Size * Size / best;
    }
}
