using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Evaluation.Probes;

/// <summary>Adamax (Kingma and Ba 2015, section 7.1) over flat buffers: m = b1 m + (1 - b1) g; u = max(b2 u, |g| + eps);
/// p -= lr / (1 - b1^t) m / u, with b1 = 0.9, b2 = 0.999, eps = 1e-8.</summary>
internal sealed class Adamax(FlatParameters parameters) : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly torch.Tensor _mean = parameters.NewBuffer();
    private readonly torch.Tensor _largest = parameters.NewBuffer();
    private long _updates;

    public void Step(double learningRate)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        _updates++;
        _ = _mean.mul_(Held.Of(Beta1)).add_(parameters.Gradients * Held.Of(1 - Beta1));
        _ = _largest.copy_(torch.maximum(_largest * Held.Of(Beta2), parameters.Gradients.abs() + Held.Of(Epsilon)));
        _ = parameters.Values.sub_(_mean / _largest * Held.Of(learningRate / (1 - Math.Pow(Beta1, _updates))));
    }

    public void Dispose()
    {
        _mean.Dispose();
        _largest.Dispose();
    }
}
