using TorchSharp;

namespace Ism.Models.Training;

/// <summary>Settings of <see cref="AdamW"/>; the learning rate is given with each update.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the mean of squares.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled: weights shrink by learning rate times this at every update, whatever their gradient.</summary>
    public double WeightDecay { get; init; } = 5e-3;
}

/// <summary>
/// AdamW over flat buffers (Loshchilov and Hutter 2019), in the order p *= 1 - lr wd; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2)
/// g²; p -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps). One group: every parameter decays. A parameter that never gets
/// a gradient does not belong into the <see cref="FlatParameters"/>: here it would decay.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly AdamWOptions _options;
    private readonly torch.jit.CompilationUnit _fused = TorchScripts.Compile("adamw_");
    private readonly torch.jit.CompilationUnit _clipped = TorchScripts.Compile("clipped_adamw_");

    /// <summary>Starts with moments of zero.</summary>
    public AdamW(FlatParameters parameters, AdamWOptions? options = null)
    {
        _parameters = parameters;
        _options = options ?? new();
        Mean = parameters.NewBuffer();
        MeanOfSquares = parameters.NewBuffer();
    }

    /// <summary>Running mean of gradients, [Length], laid out like the parameters.</summary>
    public torch.Tensor Mean { get; }

    /// <summary>Running mean of squared gradients, [Length].</summary>
    public torch.Tensor MeanOfSquares { get; }

    /// <summary>Updates done so far; set when state is restored.</summary>
    public long Updates { get; set; }

    /// <summary>One update from the gradients as they are.</summary>
    public void Step(double learningRate) => Update(learningRate, null);

    /// <summary>One update from the gradients scaled down to a norm, without a pass for that and without waiting for the device: the
    /// gradients hold what was applied afterwards. An update whose norm is not finite changes nothing, but is counted: the caller takes
    /// back <see cref="Updates"/> once it knows.</summary>
    /// <param name="learningRate">Of this update.</param>
    /// <param name="clipping">The gradients' norm, a float64 scalar on their device, and the norm they are scaled down to.</param>
    /// <exception cref="NotSupportedException">The parameters are not float32.</exception>
    public void Step(double learningRate, (torch.Tensor Norm, double Maximum) clipping)
    {
        if (_parameters.Dtype != torch.ScalarType.Float32)
        {
            throw new NotSupportedException(
                $"the clipping update scales in float32 and the parameters are {_parameters.Dtype}; clip them apart");
        }

        Update(learningRate, clipping);
    }

    private void Update(double learningRate, (torch.Tensor Norm, double Maximum)? clipping)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Updates++;
        var t = torch.tensor((float)Updates, device: _parameters.Values.device);

        // Scalars held until after the call: of a plain number, invoke keeps only the handle of a scalar that nobody refers to any
        // more, and a garbage collection before the native call frees it.
        using Scalar rate = learningRate.ToScalar(), beta1 = _options.Beta1.ToScalar(), beta2 = _options.Beta2.ToScalar();
        using Scalar decay = _options.WeightDecay.ToScalar(), epsilon = _options.Epsilon.ToScalar();
        if (clipping is var (norm, limit))
        {
            using var maximum = limit.ToScalar();
            _ = _clipped.invoke(
                "clipped_adamw_", List(_parameters.Values), List(_parameters.Gradients), List(Mean), List(MeanOfSquares), List(t),
                norm, maximum, rate, beta1, beta2, decay, epsilon);
            return;
        }

        _ = _fused.invoke(
            "adamw_", List(_parameters.Values), List(_parameters.Gradients), List(Mean), List(MeanOfSquares), List(t),
            rate, beta1, beta2, decay, epsilon);

        static torch.Tensor[] List(torch.Tensor buffer) => [buffer];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        MeanOfSquares.Dispose();
        _fused.Dispose();
        _clipped.Dispose();
    }
}
