using Ism.Models.StructureTuning;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Benchmarks;

/// <summary>A global batch of proteins with a real mix of lengths.</summary>
public static class TrainingWorkload
{
    private const string Letters = "LAGVSERTIDPKQNFYMHWC";

    /// <summary>Residues of proteins: a log-normal distribution (median 270, sigma 0.65, as of single chains in the PDB and in
    /// UniProt) at 16 equally likely places, cropped by the caller.</summary>
    public static IReadOnlyList<int> Lengths { get; } =
        [257, 81, 520, 140, 315, 208, 905, 163, 394, 114, 284, 637, 185, 350, 231, 447];

    /// <summary>Lengths drawn from the same distribution, other ones for every <paramref name="step"/>, until they have
    /// <paramref name="tokens"/> tokens after cropping.</summary>
    public static IReadOnlyList<int> Drawn(int step, int tokens, int crop)
    {
        var random = new CounterRandom((ulong)step, 0x6C656E6774680001);
        var lengths = new List<int>();
        for (var sum = 0; sum < tokens; sum += Math.Min(lengths[^1], crop) + 2)
        {
            lengths.Add(Math.Clamp((int)(270 * Math.Exp(0.65 * random.NextGaussian())), 20, 4096));
        }

        return lengths;
    }

    /// <summary>Structure tokens of the benchmark's one head.</summary>
    public const int Clusters = 64;

    /// <summary>One sample a length. Residues and tokens are made of the place alone, so every run computes the same.</summary>
    /// <param name="lengths">Residues of each protein.</param>
    /// <param name="crop">Longer ones are cut to this.</param>
    public static IReadOnlyList<TuningSample> Samples(IReadOnlyList<int> lengths, int crop) => [.. lengths.Select((length, i) =>
    {
        var residues = Math.Min(length, crop);
        return new TuningSample
        {
            Id = $"{i}",
            Residues = new string([.. Enumerable.Range(0, residues).Select(place => Letters[((place * 7) + i) % Letters.Length])]),
            Tokens = [[.. Enumerable.Range(0, residues).Select(place => (short)((place + i) % Clusters))]],
            DrawKey = (ulong)i,
        };
    })];
}
