using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>x W^T + b over the last dimension; tensors <c>{name}.weight</c> [outputs, inputs] and <c>{name}.bias</c>
/// [outputs].</summary>
internal sealed class Linear(ParameterTable table, string name, long inputs, long outputs, bool bias = true)
{
    private readonly Tensor _weight = table.Weight($"{name}.weight", outputs, inputs);
    private readonly Tensor? _bias = bias ? table.Constant($"{name}.bias", 0, outputs) : null;

    public Tensor Forward(Tensor x) => nn.functional.linear(x, _weight, _bias!);
}

/// <summary>Layer normalisation over the last dimension (epsilon 1e-5); tensors <c>{name}.weight</c> and
/// <c>{name}.bias</c>.</summary>
internal sealed class LayerNorm(ParameterTable table, string name, long width)
{
    private readonly long[] _shape = [width];
    private readonly Tensor _weight = table.Constant($"{name}.weight", 1, width);
    private readonly Tensor _bias = table.Constant($"{name}.bias", 0, width);

    public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, _shape, _weight, _bias, 1e-5);
}
