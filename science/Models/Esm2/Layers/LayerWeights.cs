using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>Places of a layer's tensors, in the order of the state dict (<see cref="Esm2Parameters"/>).</summary>
internal static class LayerPlaces
{
    public const int Key = 0;
    public const int Value = 2;
    public const int Query = 4;
    public const int Output = 6;
    public const int AttentionNorm = 8;
    public const int Expand = 10;
    public const int Contract = 12;
    public const int FeedForwardNorm = 14;
    public const int Count = 16;
}

/// <summary>
/// One layer's tensors for computing: matrices in the type that is computed in, vectors also as the masters hold them. Views only; owns
/// nothing.
/// </summary>
/// <param name="Working">All tensors in the computing type; the masters themselves where that is theirs.</param>
/// <param name="Masters">All tensors as they are trained.</param>
internal sealed record LayerWeights(torch.Tensor[] Working, torch.Tensor[] Masters)
{
    /// <summary>Weight [out, in] of a linear map, in the computing type.</summary>
    public torch.Tensor Matrix(int place) => Working[place];

    /// <summary>The bias that belongs to it, in the computing type.</summary>
    public torch.Tensor Bias(int place) => Working[place + 1];

    /// <summary>The same as the master holds it.</summary>
    public torch.Tensor MasterBias(int place) => Masters[place + 1];

    /// <summary>Scale and shift of a LayerNorm. On the CPU the masters', with which libtorch takes statistics in float32 whatever the
    /// input; CUDA wants the input's type and keeps statistics in float32 by itself.</summary>
    public (torch.Tensor Scale, torch.Tensor Shift) Norm(int place) => Masters[place].device_type == DeviceType.CPU
        ? (Masters[place], Masters[place + 1])
        : (Working[place], Working[place + 1]);
}
