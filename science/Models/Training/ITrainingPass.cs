using TorchSharp;

namespace Ism.Models.Training;

/// <summary>Parameters that follow each other in <see cref="IObjective{TSample}.Parameters"/>.</summary>
/// <param name="First">Index of the first.</param>
/// <param name="Count">How many.</param>
public readonly record struct ParameterRange(int First, int Count);

/// <summary>One micro-batch on its way forward and back. Disposing of it releases what the way back would have needed.</summary>
public interface ITrainingPass : IDisposable
{
    /// <summary>One scalar tensor per term: the SUM of its losses. What is differentiated is computed from these.</summary>
    IReadOnlyList<torch.Tensor> Sums { get; }

    /// <summary>Adds the gradients of <paramref name="loss"/>, a scalar computed from <see cref="Sums"/>, to those of the parameters.
    /// Once only.</summary>
    /// <param name="loss">What is differentiated.</param>
    /// <param name="complete">Told each range of <see cref="IObjective{TSample}.CompletionOrder"/>, in that order, when this pass will
    /// add nothing more to it. It may throw, which ends the pass.</param>
    void Backward(torch.Tensor loss, Action<ParameterRange>? complete);
}

/// <summary>A pass that autograd goes back.</summary>
internal sealed class AutogradPass(IReadOnlyList<torch.Tensor> sums) : ITrainingPass
{
    public IReadOnlyList<torch.Tensor> Sums => sums;

    // What is complete is not known before all is; the caller takes the rest as complete when this returns.
    public void Backward(torch.Tensor loss, Action<ParameterRange>? complete) => loss.backward();

    public void Dispose()
    {
        foreach (var sum in sums)
        {
            sum.Dispose();
        }
    }
}
