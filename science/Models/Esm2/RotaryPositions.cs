using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// Rotary position embedding (Su et al. 2021) as ESM2 has it: the two HALVES of a head are rotated against each other (not
/// neighbouring pairs), frequencies repeated for both halves.
/// </summary>
public static class RotaryPositions
{
    /// <summary>1 / 10000^(2i / d) for i in 0..d/2, [d/2] float32: what a checkpoint without the buffer means.</summary>
    public static torch.Tensor InverseFrequencies(int headWidth)
    {
        using var scope = torch.NewDisposeScope();
        var exponents = torch.arange(Held.Of(0), Held.Of(headWidth), Held.Of(2), dtype: torch.ScalarType.Float32) / Held.Of(headWidth);
        return torch.pow(torch.tensor(10000f), exponents).reciprocal().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The tables of <see cref="Rotate"/> for positions [T] (any integer type): cosines [T, d] and sines [T, d], the sines of the
    /// first half negated. Angles are computed in double for a double model, else in float.
    /// </summary>
    public static (torch.Tensor Cos, torch.Tensor SignedSin) Tables(
        torch.Tensor positions, torch.Tensor inverseFrequencies, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var precise = dtype == torch.ScalarType.Float64 ? dtype : torch.ScalarType.Float32;
        var angles = positions.to_type(precise).unsqueeze(1) * inverseFrequencies.to_type(precise).unsqueeze(0);
        var (cos, sin) = (angles.cos(), angles.sin());
        var cosines = torch.cat([cos, cos], 1).to_type(dtype);
        var sines = torch.cat([-sin, sin], 1).to_type(dtype);
        return (cosines.MoveToOuterDisposeScope(), sines.MoveToOuterDisposeScope());
    }

    /// <summary>Rotates the last dimension of <paramref name="x"/> [..., d]; the tables must broadcast to it.</summary>
    public static torch.Tensor Rotate(torch.Tensor x, torch.Tensor cos, torch.Tensor signedSin)
    {
        using var scope = torch.NewDisposeScope();
        var half = x.shape[^1] / 2;
        var swapped = torch.cat([x.narrow(-1, half, half), x.narrow(-1, 0, half)], -1);
        return torch.addcmul(x * cos, swapped, signedSin, Held.Of(1)).MoveToOuterDisposeScope();
    }
}
