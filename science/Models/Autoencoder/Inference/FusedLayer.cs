using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>The weights of one transformer layer, copied out of a model: matrices in the precision of the products, vectors in
/// float32.</summary>
internal sealed class FusedLayer : IDisposable
{
    public FusedLayer(IReadOnlyDictionary<string, Tensor> parameters, string prefix, ScalarType dtype)
    {
        Qkv = Matrix($"{prefix}.attn.qkv.weight");
        Out = Matrix($"{prefix}.attn.out.weight");
        Up = Matrix($"{prefix}.ffn.up.weight");
        Down = Matrix($"{prefix}.ffn.down.weight");
        AttentionNorm = (Vector($"{prefix}.attn.norm.weight"), Vector($"{prefix}.attn.norm.bias"));
        FeedNorm = (Vector($"{prefix}.ffn.norm.weight"), Vector($"{prefix}.ffn.norm.bias"));
        (QkvBias, UpBias) = (Vector($"{prefix}.attn.qkv.bias"), Vector($"{prefix}.ffn.up.bias"));
        AttentionStep = (Vector($"{prefix}.attn.out.bias"), Vector($"{prefix}.attn.scale"));
        FeedStep = (Vector($"{prefix}.ffn.down.bias"), Vector($"{prefix}.ffn.scale"));

        WeightProduct Matrix(string name) => new(parameters[name], dtype);

        AlignedFloats Vector(string name)
        {
            using var scope = NewDisposeScope();
            return new AlignedFloats(parameters[name].detach().cpu().data<float>().ToArray());
        }
    }

    /// <summary>To [3 width].</summary>
    public WeightProduct Qkv { get; }

    /// <summary>To [width].</summary>
    public WeightProduct Out { get; }

    /// <summary>To the feed-forward width.</summary>
    public WeightProduct Up { get; }

    /// <summary>Back to [width].</summary>
    public WeightProduct Down { get; }

    public (AlignedFloats Weight, AlignedFloats Bias) AttentionNorm { get; }

    public (AlignedFloats Weight, AlignedFloats Bias) FeedNorm { get; }

    public AlignedFloats QkvBias { get; }

    public AlignedFloats UpBias { get; }

    /// <summary>Bias and LayerScale of the attention's output.</summary>
    public (AlignedFloats Bias, AlignedFloats Scale) AttentionStep { get; }

    /// <summary>Bias and LayerScale of the feed-forward's output.</summary>
    public (AlignedFloats Bias, AlignedFloats Scale) FeedStep { get; }

    public void Dispose()
    {
        foreach (var matrix in (ReadOnlySpan<WeightProduct>)[Qkv, Out, Up, Down])
        {
            matrix.Dispose();
        }

        foreach (var vector in (ReadOnlySpan<AlignedFloats>)[AttentionNorm.Weight, AttentionNorm.Bias, FeedNorm.Weight, FeedNorm.Bias,
            QkvBias, UpBias, AttentionStep.Bias, AttentionStep.Scale, FeedStep.Bias, FeedStep.Scale])
        {
            vector.Dispose();
        }
    }
}
