using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Benchmarks.Featurizing;

/// <summary>How many tokens stay the same when the encoder's products are in bfloat16, with a codebook made of the same residues. First
/// weights, with layers that matter from the start; a trained encoder's tokens lie further apart.</summary>
internal static class Agreement
{
    private const int Clusters = 64;

    public static void Tell(Report report, AutoencoderShape shape, List<Microenvironment[]> chains)
    {
        using var model = new AtomicAutoencoder(shape with { LayerScale = 0.2 }, 1);
        using var single = new EnvironmentEncoder(model);
        using var half = new EnvironmentEncoder(model, options: new() { Precision = EncoderPrecision.BFloat16 });
        var expected = Embeddings.Concat(chains.ConvertAll(single.Embed));
        var clusters = KMeans.Lloyd(expected, KMeans.PlusPlus(expected, Clusters, 1), 20).Centroids;
        using var tokens = new TokenAssigner(new StructureCodebook(clusters, new CodebookOrigin { Encoder = "benchmark" }));
        var truth = tokens.Assign(expected);
        var rounded = tokens.Assign(Embeddings.Concat(chains.ConvertAll(half.Embed)));
        var same = truth.Where((token, residue) => token == rounded[residue]).Count();
        report.Line($"  bf16: {(double)same / truth.Length:P2} of {truth.Length} tokens as in fp32 (K = {Clusters})");
        report.Value("encoder.bf16.token_agreement", (double)same / truth.Length);
    }
}
