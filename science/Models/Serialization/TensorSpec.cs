using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>What a stored tensor is, without its data.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Shape">Sizes; empty for a scalar.</param>
public sealed record TensorSpec(string Name, torch.ScalarType Dtype, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements (1 for a scalar).</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Size of the data in bytes.</summary>
    public long Bytes => checked(Elements * TensorDtype.Bytes(Dtype));

    /// <summary>E.g. "F32 [33, 320]".</summary>
    public override string ToString() => $"{TensorDtype.Name(Dtype)} [{string.Join(", ", Shape)}]";
}
