using Ism.Models.Numerics;
using static TorchSharp.torch;

namespace Ism.Models.Geometry;

/// <summary>Best rigid motions of a batch: aligned_i = R true_i + t. Tensors carry no gradient.</summary>
/// <param name="Rotation">[B, 3, 3], det +1.</param>
/// <param name="Translation">[B, 3].</param>
/// <param name="Aligned">The moved cloud [B, n, 3], 0 where masked.</param>
public sealed record RigidAlignment(Tensor Rotation, Tensor Translation, Tensor Aligned) : IDisposable
{
    public void Dispose()
    {
        Rotation.Dispose();
        Translation.Dispose();
        Aligned.Dispose();
    }
}

/// <summary>Superposition of clouds by proper rotations (Kabsch 1976, Acta Cryst. A32:922), and the error that is left.</summary>
public static class Kabsch
{
    /// <summary>
    /// Moves each true cloud onto its predicted one with the least sum of squares. Sums are tensor operations over the batch; the
    /// 3 x 3 problems are solved in double on the host (about a microsecond each). Finite for every finite input, including
    /// clouds
    /// of 0, 1 and 2 points, planar and collinear ones, where the rotation is one of the equally good ones.
    /// </summary>
    /// <param name="predicted">[B, n, 3], float32 or float64.</param>
    /// <param name="truth">[B, n, 3], same dtype.</param>
    /// <param name="mask">[B, n] bool, false where a point does not count (its coordinates may be anything); null for
    /// all.</param>
    /// <exception cref="ArgumentException">The shapes do not fit together.</exception>
    public static RigidAlignment Align(Tensor predicted, Tensor truth, Tensor? mask = null)
    {
        Check(predicted, truth, mask);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var moved = Kept(truth, mask);
        var target = Kept(predicted.detach(), mask);
        var counts = Counts(predicted, mask).clamp_min(Held.Of(1)).view(-1, 1, 1);
        var movedCentre = moved.sum(1, keepdim: true) / counts;
        var targetCentre = target.sum(1, keepdim: true) / counts;
        var covariance = bmm(Kept(moved - movedCentre, mask).transpose(1, 2), Kept(target - targetCentre, mask));
        var rotation = Rotations(covariance);
        var translation = targetCentre - movedCentre.matmul(rotation.transpose(1, 2));
        var aligned = Kept(moved.matmul(rotation.transpose(1, 2)) + translation, mask);
        return new RigidAlignment(
            rotation.MoveToOuterDisposeScope(),
            translation.squeeze(1).MoveToOuterDisposeScope(),
            aligned.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Mean over a cloud's points of the squared distance |pred_i - aligned_i|^2 (x, y, z summed; Å^2 for Å) after the best rigid
    /// motion of the truth, per cloud: [B]; 0 for a cloud without points. The motion is a constant of the gradient, which by the
    /// envelope theorem is that of the minimum itself: 2/n (pred - aligned).
    /// </summary>
    /// <inheritdoc cref="Align"/>
    public static Tensor AlignedSquaredError(Tensor predicted, Tensor truth, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var alignment = Align(predicted, truth, mask);
        var squares = (Kept(predicted, mask) - alignment.Aligned).pow(Held.Of(2)).sum(-1).sum(-1);
        return (squares / Counts(predicted, mask).clamp_min(Held.Of(1))).MoveToOuterDisposeScope();
    }

    private static Tensor Kept(Tensor points, Tensor? mask) =>
        mask is null ? points : points.masked_fill(mask.logical_not().unsqueeze(-1), Held.Of(0));

    private static Tensor Counts(Tensor points, Tensor? mask) => mask is null
        ? full([points.shape[0]], Held.Of(points.shape[1]), dtype: points.dtype, device: points.device)
        : mask.sum(1).to(points.dtype);

    private static Tensor Rotations(Tensor covariance)
    {
        var batch = covariance.shape[0];
        var sums = covariance.to(ScalarType.Float64, CPU).contiguous().data<double>().ToArray();
        var solved = new double[sums.Length];
        for (var b = 0; b < batch; b++)
        {
            RigidRotation.Solve(sums.AsSpan(9 * b, 9), solved.AsSpan(9 * b, 9));
        }

        return tensor(solved, [batch, 3, 3]).to(covariance.dtype, covariance.device);
    }

    private static void Check(Tensor predicted, Tensor truth, Tensor? mask)
    {
        var fits = predicted.dim() == 3 && predicted.shape[2] == 3 && predicted.shape.SequenceEqual(truth.shape)
            && (mask is null || mask.shape.SequenceEqual(predicted.shape[..2]));
        if (!fits || predicted.dtype != truth.dtype)
        {
            throw new ArgumentException(
                $"clouds must be [B, n, 3] of one dtype with a mask [B, n]; got {Describe(predicted)}, {Describe(truth)} and "
                + (mask is null ? "no mask" : Describe(mask)));
        }
    }

    private static string Describe(Tensor tensor) => $"{tensor.dtype}[{string.Join(", ", tensor.shape)}]";
}
