using Ism.Models.Autoencoder;
using Ism.Structures;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>The encoder that makes structure tokens, over microenvironments of the usual size, with batches of several sizes.</summary>
internal static class EncoderPart
{
    public static IReadOnlyDictionary<string, double> Measure(torch.Device device)
    {
        var onGpu = device.type == DeviceType.CUDA;
        using var model = new AtomicAutoencoder(new AutoencoderShape(), 1, torch.ScalarType.Float32, device);
        var environments = Enumerable.Range(0, onGpu ? 4096 : 64).Select(Cloud).ToArray();
        var numbers = new Dictionary<string, double> { ["encoder.mean_atoms"] = environments.Average(e => e.Count) };
        foreach (var pairs in onGpu ? [1_000_000, 8_000_000, 32_000_000] : (long[])[EnvironmentEncoder.DefaultAtomPairs])
        {
            var encoder = new EnvironmentEncoder(model, pairs);
            var rate = environments.Length / Timing.Best(device, () => encoder.Embed(environments));
            numbers[$"encoder.residues_per_second.{pairs}_atom_pairs"] = rate;
            numbers["encoder.residues_per_second"] = Math.Max(rate, numbers.GetValueOrDefault("encoder.residues_per_second"));
        }

        return numbers;
    }

    // 138 atoms within 10 Å on average.
    private static Microenvironment Cloud(int number)
    {
        var random = new CounterRandom((ulong)number, 77);
        var atoms = 90 + random.NextInt32(97);
        var coordinates = new float[3 * atoms];
        for (var i = 0; i < atoms; i++)
        {
            // Uniform in the ball.
            double x = random.NextGaussian(), y = random.NextGaussian(), z = random.NextGaussian();
            var radius = 10 * Math.Cbrt(random.NextDouble()) / Math.Sqrt((x * x) + (y * y) + (z * z));
            (coordinates[3 * i], coordinates[(3 * i) + 1], coordinates[(3 * i) + 2]) =
                ((float)(radius * x), (float)(radius * y), (float)(radius * z));
        }

        return new([.. Enumerable.Range(0, atoms).Select(_ => (byte)random.NextInt32(4))], coordinates, (byte)random.NextInt32(20));
    }
}
