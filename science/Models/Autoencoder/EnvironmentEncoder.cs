using Ism.Models.Codebook;
using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Embeds microenvironments, without gradients. The same list gives the same bits: batches are a function of the list alone. (The
/// same environment in another list may differ in the last bits.) Used by one thread at a time; does not own the model.
/// </summary>
/// <param name="model">A trained autoencoder.</param>
/// <param name="atomPairsPerBatch">Bound on environments x (padded atoms)^2 of a batch; bounds memory.</param>
public sealed class EnvironmentEncoder(AtomicAutoencoder model, long atomPairsPerBatch = EnvironmentEncoder.DefaultAtomPairs)
{
    /// <summary>About 13 environments of 140 atoms: enough for full matrix products, little enough for the caches of a
    /// CPU.</summary>
    public const long DefaultAtomPairs = 250_000;

    /// <summary>Channels of an embedding.</summary>
    public int Width => model.Shape.Width;

    /// <summary>One embedding per environment, in the order given; 0 for an environment without atoms.</summary>
    public Embeddings Embed(IReadOnlyList<Microenvironment> environments)
    {
        using var grad = no_grad();
        var values = new float[environments.Count * Width];
        foreach (var group in EnvironmentGrouping.ByAtomCount([.. environments.Select(e => e.Count)], atomPairsPerBatch))
        {
            using var scope = NewDisposeScope();
            using var batch = new AtomBatch([.. group.Select(i => environments[i])], model.DataType, model.Device);
            var z = model.Encoder.Forward(batch).Embedding.to(ScalarType.Float32, CPU).contiguous().data<float>();
            var rows = z.ToArray();
            for (var g = 0; g < group.Length; g++)
            {
                rows.AsSpan(g * Width, Width).CopyTo(values.AsSpan(group[g] * Width));
            }
        }

        return new Embeddings(values, Width);
    }
}
