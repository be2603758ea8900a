using Ism.Models.Autoencoder;
using Ism.Structures.Numerics;
using Ism.Structures;

namespace Ism.Models.Tests.Autoencoder;

/// <summary>Keyed clouds of atoms: carbons on a noisy lattice with other elements whose share tells the amino acid.</summary>
internal static class SyntheticEnvironments
{
    public static AutoencoderShape Tiny { get; } = new()
    {
        Layers = 2,
        DecoderLayers = 1,
        Width = 32,
        Heads = 4,
        RadialBases = 8,
        LayerScale = 0.1,
        PairWidth = 16,
    };

    /// <summary>One environment of the given size within 10 Å of the origin.</summary>
    public static Microenvironment Cloud(ulong seed, int atoms, byte? aminoAcid = null)
    {
        var random = new CounterRandom(seed, 77);
        var type = aminoAcid ?? (byte)random.NextInt32(20);
        var elements = new byte[atoms];
        var coordinates = new float[3 * atoms];
        for (var i = 0; i < atoms; i++)
        {
            elements[i] = (byte)(random.NextDouble() < type / 20.0 ? 2 + (type % 4) : random.NextInt32(2));
            double x, y, z;
            do
            {
                (x, y, z) = (20 * random.NextDouble() - 10, 20 * random.NextDouble() - 10, 20 * random.NextDouble() - 10);
            }
            while ((x * x) + (y * y) + (z * z) > 100);
            (coordinates[3 * i], coordinates[(3 * i) + 1], coordinates[(3 * i) + 2]) = ((float)x, (float)y, (float)z);
        }

        return new Microenvironment(elements, coordinates, type);
    }

    /// <summary>Environments of sizes in [from, to], in samples of four.</summary>
    public static List<EnvironmentSample> Samples(ulong seed, int samples, int from, int to) =>
    [
        .. Enumerable.Range(0, samples).Select(s => new EnvironmentSample
        {
            DrawKey = CounterRandom.Key(seed, (ulong)s),
            Environments =
            [
                .. Enumerable.Range(0, 4).Select(e => Cloud(
                    CounterRandom.Key(seed, (ulong)s, (ulong)e),
                    from + new CounterRandom(seed, (ulong)s, (ulong)e, 5).NextInt32(to - from + 1)))
            ],
        })
    ];
}
