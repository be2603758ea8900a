using Ism.Models.Numerics;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>Features z_1..z_n [B, n, width] of each atom (0 where padded) and z = mean(z_i) [B, width].</summary>
public readonly record struct EncodedAtoms(Tensor Atoms, Tensor Embedding);

/// <summary>
/// The graph transformer encoder. A node's input is its element alone; the distances between atoms enter only as a bias of the
/// attention scores, one per head and layer. So an embedding does not change when the atoms are rotated, translated, reflected or
/// listed in another order. An environment without atoms has the embedding 0.
/// </summary>
public sealed class GraphEncoder
{
    private readonly AutoencoderShape _shape;
    private readonly Tensor _elements;
    private readonly RadialBias _bias;
    private readonly TransformerLayer[] _layers;
    private readonly LayerNorm _norm;

    /// <summary>Makes the encoder's tensors, named <c>encoder.…</c>, in the table.</summary>
    public GraphEncoder(ParameterTable table, AutoencoderShape shape)
    {
        _shape = shape;
        _elements = table.Normal("encoder.element.weight", 1, AutoencoderShape.Elements, shape.Width);
        _bias = new RadialBias(table, "encoder.distance", shape);
        _layers = [.. Enumerable.Range(0, shape.Layers)
            .Select(l => new TransformerLayer(table, $"encoder.layers.{l}", shape, shape.LayerScale))];
        _norm = new LayerNorm(table, "encoder.norm", shape.Width);
    }

    /// <summary>Encodes a batch. The caller disposes both tensors (or they fall to its dispose scope).</summary>
    public EncodedAtoms Forward(AtomBatch batch)
    {
        using var scope = NewDisposeScope();
        var x = _elements.index_select(0, batch.Elements.view(-1)).view(batch.Environments, batch.Atoms, _shape.Width);
        var biases = _bias.PerLayer(batch);
        for (var l = 0; l < _layers.Length; l++)
        {
            x = _layers[l].Forward(x, biases[l]);
        }

        x = _norm.Forward(x);
        if (batch.Padded)
        {
            x = x * batch.Mask.unsqueeze(-1).to(x.dtype);
        }

        var z = x.sum(1) / batch.Counts.clamp_min(Held.Of(1)).unsqueeze(-1);
        return new EncodedAtoms(x.MoveToOuterDisposeScope(), z.MoveToOuterDisposeScope());
    }
}
