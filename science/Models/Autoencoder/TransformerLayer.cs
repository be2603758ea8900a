using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// One pre-LayerNorm transformer layer over atoms: x + s1 * Attention(LN(x)), then x + s2 * FeedForward(LN(x)) with GELU; s1, s2
/// are
/// LayerScale vectors where <paramref name="layerScale"/> is given, else 1. Every weight is a plain matrix product.
/// </summary>
internal sealed class TransformerLayer(ParameterTable table, string prefix, AutoencoderShape shape, double? layerScale)
{
    private readonly int _heads = shape.Heads;
    private readonly LayerNorm _attentionNorm = new(table, $"{prefix}.attn.norm", shape.Width);
    private readonly Linear _qkv = new(table, $"{prefix}.attn.qkv", shape.Width, 3L * shape.Width);
    private readonly Linear _out = new(table, $"{prefix}.attn.out", shape.Width, shape.Width);
    private readonly Tensor? _attentionScale = Scale(table, $"{prefix}.attn.scale", shape, layerScale);
    private readonly LayerNorm _feedNorm = new(table, $"{prefix}.ffn.norm", shape.Width);
    private readonly Linear _up = new(table, $"{prefix}.ffn.up", shape.Width, (long)shape.FeedForwardRatio * shape.Width);
    private readonly Linear _down = new(table, $"{prefix}.ffn.down", (long)shape.FeedForwardRatio * shape.Width, shape.Width);
    private readonly Tensor? _feedScale = Scale(table, $"{prefix}.ffn.scale", shape, layerScale);

    /// <param name="x">Atom features [B, n, width].</param>
    /// <param name="bias">Added to attention scores before the softmax, broadcast to [B, heads, n, n]; null for none.</param>
    /// <param name="inject">Added to the features between attention and feed-forward, broadcast to [B, n, width]; null for
    /// none.</param>
    /// <returns>Atom features [B, n, width].</returns>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor? inject = null)
    {
        using var scope = NewDisposeScope();
        var attended = x + Scaled(Attention(_attentionNorm.Forward(x), bias), _attentionScale);
        if (inject is not null)
        {
            attended += inject;
        }

        var fed = _down.Forward(nn.functional.gelu(_up.Forward(_feedNorm.Forward(attended))));
        return (attended + Scaled(fed, _feedScale)).MoveToOuterDisposeScope();
    }

    private Tensor Attention(Tensor x, Tensor? bias)
    {
        var (batch, atoms, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = _qkv.Forward(x).view(batch, atoms, 3, _heads, width / _heads).permute(2, 0, 3, 1, 4).unbind(0);
        var mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], bias!);
        return _out.Forward(mixed.transpose(1, 2).reshape(batch, atoms, width));
    }

    private static Tensor Scaled(Tensor x, Tensor? scale) => scale is null ? x : x * scale;

    private static Tensor? Scale(ParameterTable table, string name, AutoencoderShape shape, double? first) =>
        first is null ? null : table.Constant(name, first.Value, shape.Width);
}
