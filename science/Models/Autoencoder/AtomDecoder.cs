using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// The plain transformer that turns atom features back into atoms: input z_i + z, and z added again inside each layer, between
/// its
/// attention and its feed-forward part. It sees no distances.
/// </summary>
internal sealed class AtomDecoder
{
    private readonly TransformerLayer[] _layers;
    private readonly LayerNorm _norm;

    public AtomDecoder(ParameterTable table, AutoencoderShape shape)
    {
        _layers = [.. Enumerable.Range(0, shape.DecoderLayers)
            .Select(l => new TransformerLayer(table, $"decoder.layers.{l}", shape, layerScale: null))];
        _norm = new LayerNorm(table, "decoder.norm", shape.Width);
    }

    /// <returns>Output features f_1..f_n [B, n, width]; those of padded atoms mean nothing.</returns>
    public Tensor Forward(AtomBatch batch, EncodedAtoms encoded)
    {
        using var scope = NewDisposeScope();
        var z = encoded.Embedding.unsqueeze(1);
        var hidden = RadialBias.HiddenKeys(batch);
        var x = encoded.Atoms + z;
        foreach (var layer in _layers)
        {
            x = layer.Forward(x, hidden, z);
        }

        return _norm.Forward(x).MoveToOuterDisposeScope();
    }
}
