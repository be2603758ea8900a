using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;
using Ism.Tests;
using Xunit.Abstractions;

namespace Ism.Models.Tests.Autoencoder;

/// <summary>Structure tokens of real proteins by the paths and precisions of the encoder.</summary>
public class PrecisionTests(ITestOutputHelper output)
{
    private const int Clusters = 64;

    // Layers that matter from the start, as in a trained encoder; the default first value of LayerScale leaves them nearly out.
    private static readonly AutoencoderShape Shape = new() { LayerScale = 0.2 };

    [SkippableFact]
    public void Should_give_the_tokens_of_torch_and_nearly_the_same_with_products_in_bfloat16()
    {
        var chains = Chains(3);
        using var model = new AtomicAutoencoder(Shape, 11);
        using var single = new EnvironmentEncoder(model);
        Skip.IfNot(single.IsFused, "this CPU has no 512-bit vectors");
        using var plain = new EnvironmentEncoder(model, options: new() { Fused = false });
        using var half = new EnvironmentEncoder(model, options: new() { Precision = EncoderPrecision.BFloat16 });
        var expected = chains.ConvertAll(plain.Embed);
        var points = Embeddings.Concat(expected);
        var clusters = KMeans.Lloyd(points, KMeans.PlusPlus(points, Clusters, 1), 20).Centroids;
        using var tokens = new TokenAssigner(new StructureCodebook(clusters, new CodebookOrigin { Encoder = "test" }));
        long residues = 0, fused = 0, rounded = 0;
        for (var c = 0; c < chains.Count; c++)
        {
            var truth = tokens.Assign(expected[c]);
            residues += truth.Length;
            fused += Same(truth, tokens.Assign(single.Embed(chains[c])));
            rounded += Same(truth, tokens.Assign(half.Embed(chains[c])));
        }

        Assert.NotEqual(single.Embed(chains[0]).Values.ToArray(), half.Embed(chains[0]).Values.ToArray());
        output.WriteLine($"{residues} residues: {(double)fused / residues:P2} as torch in fp32, {(double)rounded / residues:P2} in bf16");
        Assert.True(fused >= 0.999 * residues, $"{residues - fused} of {residues} tokens differ from torch's");
        Assert.True(rounded >= 0.98 * residues, $"{residues - rounded} of {residues} tokens differ in bfloat16");
    }

    private static int Same(ushort[] a, ushort[] b) => a.Zip(b).Count(pair => pair.First == pair.Second);

    private static List<Microenvironment[]> Chains(int most)
    {
        var finder = new MicroenvironmentFinder();
        var chains = new List<Microenvironment[]>();
        foreach (var file in Directory.EnumerateFiles(ReferenceData.StructuresPath("train")).Order(StringComparer.Ordinal))
        {
            try
            {
                var structure = StructureReader.ReadFile(file);
                if (structure.Chains[0].Length < 200)
                {
                    chains.Add(finder.FindChain(structure, structure.Chains[0]));
                }
            }
            catch (StructureRefusedException)
            {
                // Not of use here.
            }

            if (chains.Count == most)
            {
                break;
            }
        }

        return chains;
    }
}
