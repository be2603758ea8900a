using TorchSharp;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>A copy of an encoder's weights, laid out for <see cref="FusedEncoder"/>; read by many threads.</summary>
internal sealed class FusedWeights : IDisposable
{
    /// <param name="model">A model in float32 on the CPU whose shape <see cref="Fit"/>s.</param>
    /// <param name="dtype">Precision of the matrix products: float32 or bfloat16.</param>
    public FusedWeights(AtomicAutoencoder model, ScalarType dtype)
    {
        (Shape, DataType) = (model.Shape, dtype);
        var parameters = model.Parameters.ToDictionary(p => p.Name, p => p.Tensor);
        using var grad = no_grad();
        Elements = Copy(parameters["encoder.element.weight"]);
        NormWeight = Copy(parameters["encoder.norm.weight"]);
        NormBias = Copy(parameters["encoder.norm.bias"]);
        Radial = new RadialKernel(Shape, parameters["encoder.distance.weight"].detach().data<float>().ToArray());
        Attention = new AttentionKernel(Shape.Width, Shape.Heads);
        Layers = [.. Enumerable.Range(0, Shape.Layers).Select(l => new FusedLayer(parameters, $"encoder.layers.{l}", dtype))];
    }

    /// <summary>Shape of the model.</summary>
    public AutoencoderShape Shape { get; }

    /// <summary>Precision of the matrix products.</summary>
    public ScalarType DataType { get; }

    /// <summary>[7, width].</summary>
    public AlignedFloats Elements { get; }

    public AlignedFloats NormWeight { get; }

    public AlignedFloats NormBias { get; }

    public RadialKernel Radial { get; }

    public AttentionKernel Attention { get; }

    public FusedLayer[] Layers { get; }

    /// <summary>Whether this machine and this model can use the fused encoder: 512-bit vectors, float32 weights on the CPU, head width a
    /// multiple of sixteen.</summary>
    public static bool Fit(AtomicAutoencoder model) =>
        Lanes.Supported && model.DataType == ScalarType.Float32 && model.Device.type == DeviceType.CPU
        && AttentionKernel.Fits(model.Shape);

    public void Dispose()
    {
        Elements.Dispose();
        NormWeight.Dispose();
        NormBias.Dispose();
        Array.ForEach(Layers, layer => layer.Dispose());
    }

    private static AlignedFloats Copy(Tensor parameter)
    {
        using var values = parameter.detach();
        return new AlignedFloats(values.data<float>().ToArray());
    }
}
