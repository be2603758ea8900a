using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Training;

/// <summary>The L2 norm of a gradient over all parameters, and clipping by it.</summary>
public static class GlobalNorm
{
    private const long Piece = 1 << 20;

    /// <summary>Square root of the sum of squares of a flat buffer [N]. Pieces are added in float64, so the size of the model
    /// does not cost precision. NaN or infinite when any element is.</summary>
    public static double Of(torch.Tensor flat)
    {
        using var noGrad = torch.no_grad();
        var sum = 0.0;
        for (long start = 0; start < flat.NumberOfElements; start += Piece)
        {
            using var piece = flat.narrow(0, start, Math.Min(Piece, flat.NumberOfElements - start));
            using var norm = piece.norm();
            var value = norm.ToDouble();
            sum += value * value;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Scales a flat buffer by min(1, maximum / (norm + 1e-6)), PyTorch's rule; <paramref name="maximum"/> 0 does
    /// nothing.</summary>
    public static void Clip(torch.Tensor flat, double norm, double maximum)
    {
        var factor = maximum / (norm + 1e-6);
        if (maximum > 0 && factor < 1)
        {
            using var noGrad = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            _ = flat.mul_(Held.Of(factor));
        }
    }
}
