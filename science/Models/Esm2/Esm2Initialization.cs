using System.Runtime.InteropServices;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// Random weights to train from: query, key and value Xavier-uniform with gain 1/sqrt(2), output projections Xavier-uniform
/// without bias, other linear layers uniform within 1/sqrt(fan-in), LayerNorms at identity, as fair-esm creates an ESM2. The
/// embedding matrix is normal with deviation 1/sqrt(width), as fairseq creates embeddings, instead of torch's default of 1, which
/// the tied language head would turn into logits of deviation sqrt(width). The same seed gives the same weights on every machine.
/// </summary>
public static class Esm2Initialization
{
    /// <summary>A model with random weights, the contact head included.</summary>
    /// <param name="config">Shape.</param>
    /// <param name="seed">Every tensor is drawn from a stream keyed by this and its name's place.</param>
    /// <param name="dtype">Type of the parameters; the draws are float32 in any case.</param>
    /// <param name="device">Where the parameters go.</param>
    public static Esm2Model Random(
        Esm2Config config, long seed, torch.ScalarType dtype = torch.ScalarType.Float32, torch.Device? device = null)
    {
        config.Validated();
        var specs = Esm2Parameters.Trained(config).Concat(Esm2Parameters.Contact(config)).ToList();
        var tensors = new Dictionary<string, torch.Tensor>();
        for (var i = 0; i < specs.Count; i++)
        {
            var random = new CounterRandom((ulong)seed, 0x45534D32, (ulong)i); // "ESM2"
            tensors.Add(specs[i].Name, Draw(specs[i], config, random));
        }

        return new Esm2Model(config, tensors, dtype, device);
    }

    private static torch.Tensor Draw(TensorSpec spec, Esm2Config config, CounterRandom random)
    {
        var (name, shape) = (spec.Name, spec.Shape);
        if (name == Esm2Parameters.Embedding)
        {
            var deviation = 1 / Math.Sqrt(config.Width);
            var table = Filled(spec, () => deviation * random.NextGaussian());
            using var padding = table[Esm2Alphabet.Padding];
            padding.zero_();
            return table;
        }

        if (name.Contains("layer_norm", StringComparison.Ordinal))
        {
            return torch.full(shape.ToArray(), Held.Of(name.EndsWith("weight", StringComparison.Ordinal) ? 1f : 0f));
        }

        if (name == "lm_head.bias" || name.EndsWith("out_proj.bias", StringComparison.Ordinal))
        {
            return torch.zeros(shape.ToArray());
        }

        var bound = Bound(name, shape, config);
        return Filled(spec, () => bound * ((2 * random.NextDouble()) - 1));
    }

    /// <summary>Half the width of the uniform distribution of a linear layer's weight or bias.</summary>
    private static double Bound(string name, IReadOnlyList<long> shape, Esm2Config config)
    {
        if (name.EndsWith("proj.weight", StringComparison.Ordinal))
        {
            var xavier = Math.Sqrt(6.0 / (shape[0] + shape[1]));
            return name.EndsWith("out_proj.weight", StringComparison.Ordinal) ? xavier : xavier / Math.Sqrt(2);
        }

        long fanIn = name switch
        {
            Esm2Parameters.ContactWeight or Esm2Parameters.ContactBias => config.Layers * config.Heads,
            _ when name.Contains("fc2", StringComparison.Ordinal) => config.FeedForward,
            _ => config.Width,
        };
        return 1 / Math.Sqrt(fanIn);
    }

    private static torch.Tensor Filled(TensorSpec spec, Func<double> draw) => TensorBytes.Read(spec, piece =>
    {
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(piece))
        {
            value = (float)draw();
        }
    });
}
