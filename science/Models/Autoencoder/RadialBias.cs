using Ism.Models.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Attention biases from distances: each distance is expanded in Gaussians exp(-((d - c_k) / s)^2), c_k evenly over
/// 0..RadialMaximum, s their spacing, and one matrix product maps them to the biases of every head of every layer at once.
/// </summary>
internal sealed class RadialBias(ParameterTable table, string prefix, AutoencoderShape shape)
{
    /// <summary>Score added for padded keys. Finite, so that a row of padding alone stays finite; its softmax weight is exactly 0
    /// beside any atom.</summary>
    private const double Hidden = -1e9;

    /// <summary>Deviation of the first weights (of this project). So sharp that each head begins with distances of its own: with
    /// biases near 0 every atom attends to all alike, and training sees little but the composition for thousands of steps.</summary>
    private const double FirstDeviation = 6;

    private readonly Tensor _weight = table.Normal(
        $"{prefix}.weight", FirstDeviation, (long)shape.Layers * shape.Heads, shape.RadialBases);

    /// <summary>Biases [B, heads, n, n] per layer, with padded keys hidden.</summary>
    public Tensor[] PerLayer(AtomBatch batch)
    {
        using var scope = NewDisposeScope();
        long environments = batch.Environments, atoms = batch.Atoms;
        var radial = Expand(batch).view(environments, shape.RadialBases, atoms * atoms);
        var weight = _weight.unsqueeze(0).expand(environments, _weight.shape[0], _weight.shape[1]);
        var bias = bmm(weight, radial).view(environments, _weight.shape[0], atoms, atoms);
        if (HiddenKeys(batch) is { } hidden)
        {
            bias = bias.add_(hidden);
        }

        return [.. bias.chunk(shape.Layers, 1).Select(part => part.MoveToOuterDisposeScope())];
    }

    /// <summary>A bias [B, 1, 1, n] that hides padded keys; null where nothing is padded.</summary>
    public static Tensor? HiddenKeys(AtomBatch batch) => batch.Padded
        ? batch.Mask.logical_not().to(batch.Coordinates.dtype).mul_(Held.Of(Hidden)).view(batch.Environments, 1, 1, batch.Atoms)
        : null;

    private Tensor Expand(AtomBatch batch)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var spacing = shape.RadialMaximum / (shape.RadialBases - 1);
        var distances = cdist(batch.Coordinates, batch.Coordinates, 2, compute_mode.donot_use_mm_for_euclid_dist);
        var centres = arange(Held.Of(shape.RadialBases), dtype: distances.dtype, device: distances.device).view(1, -1, 1, 1);
        var offset = (distances.unsqueeze(1) / Held.Of(spacing)).sub(centres);
        return offset.mul_(offset).neg_().exp_().MoveToOuterDisposeScope();
    }
}
