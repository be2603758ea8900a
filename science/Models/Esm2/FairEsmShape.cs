using Ism.Models.Serialization;

namespace Ism.Models.Esm2;

/// <summary>Infers an ESM2's shape from the tensors of a fair-esm state dict.</summary>
public static class FairEsmShape
{
    /// <summary>
    /// The shape. The number of heads does not follow from the weights' shapes: it is taken from the inverse rotary frequencies
    /// (half a head wide), else from the contact regression (layers * heads wide), else from the published size of these layers
    /// and width, else from <paramref name="heads"/>.
    /// </summary>
    /// <param name="tensors">Names as in <c>ESM2.state_dict()</c>.</param>
    /// <param name="heads">Number of heads, where the caller knows it; must agree with the tensors.</param>
    /// <param name="origin">File name for messages.</param>
    /// <exception cref="InvalidDataException">No such shape, or the number of heads is not known.</exception>
    public static Esm2Config Infer(IReadOnlyDictionary<string, TensorSpec> tensors, int? heads, string origin)
    {
        var layers = 0;
        while (tensors.ContainsKey(Esm2Parameters.InLayer(layers, "fc1.weight")))
        {
            layers++;
        }

        if (layers == 0 || !tensors.TryGetValue(Esm2Parameters.Embedding, out var embedding) || embedding.Shape.Count != 2)
        {
            throw new InvalidDataException(
                $"{origin} holds no ESM2: it needs {Esm2Parameters.Embedding} [33, width] and layers.0.fc1.weight");
        }

        var width = (int)embedding.Shape[1];
        var inferred = Heads(tensors, layers, width) ?? heads ?? throw new InvalidDataException(
            $"{origin}: the number of attention heads of {layers} layers of width {width} follows neither from rot_emb.inv_freq "
            + "nor from a contact head nor from a published size; give it");
        if (heads is { } given && given != inferred)
        {
            throw new InvalidDataException($"{origin}: {given} heads were given, but its tensors mean {inferred}");
        }

        var feedForward = tensors[Esm2Parameters.InLayer(0, "fc1.weight")].Shape[0];
        return new Esm2Config(layers, width, inferred)
        {
            FeedForward = (int)feedForward,
            VocabularySize = (int)embedding.Shape[0],
        };
    }

    private static int? Heads(IReadOnlyDictionary<string, TensorSpec> tensors, int layers, int width)
    {
        if (tensors.TryGetValue(Esm2Parameters.InverseFrequencies(0), out var frequencies) && frequencies.Elements > 0)
        {
            return (int)(width / (2 * frequencies.Elements));
        }

        if (tensors.TryGetValue(Esm2Parameters.ContactWeight, out var contact))
        {
            return (int)(contact.Elements / layers);
        }

        foreach (var (_, preset) in Esm2Presets.All)
        {
            if (preset.Layers == layers && preset.Width == width)
            {
                return preset.Heads;
            }
        }

        return null;
    }
}
