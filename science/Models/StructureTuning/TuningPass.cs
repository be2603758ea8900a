using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>
/// One micro-batch of structure-tuning in training. Embedding, final LayerNorm, heads and losses are computed in the weights' own type by
/// autograd; the transformer layers between them by a <see cref="LayerStack"/>, in its type.
/// </summary>
internal sealed class TuningPass : ITrainingPass
{
    private readonly torch.Tensor _embedded;
    private readonly LayerStackPass _layers;
    private readonly torch.Tensor _leaf;
    private readonly IReadOnlyList<ParameterRange> _order;

    public TuningPass(
        Esm2Model model, LayerStack stack, TuningMicroBatch batch, Func<torch.Tensor, IReadOnlyList<torch.Tensor>> losses,
        IReadOnlyList<ParameterRange> order)
    {
        _order = order;
        using var scope = torch.NewDisposeScope();
        _embedded = model.Embed(batch.Tokens).DetachFromDisposeScope();
        _layers = stack.Forward(_embedded, batch.Layout(model));
        _leaf = _layers.Output.to_type(model.Dtype).detach().requires_grad_(true).DetachFromDisposeScope();
        Sums = losses(model.FinalNorm(_leaf));
        foreach (var sum in Sums)
        {
            sum.DetachFromDisposeScope();
        }
    }

    public IReadOnlyList<torch.Tensor> Sums { get; }

    public void Backward(torch.Tensor loss, Action<ParameterRange>? complete)
    {
        using var scope = torch.NewDisposeScope();
        loss.backward();
        complete?.Invoke(_order[0]);
        var next = 1;
        var gradient = _layers.Backward(_leaf.grad!, _ => complete?.Invoke(_order[next++]));
        torch.autograd.backward([_embedded], [gradient.to_type(_embedded.dtype)]);
        complete?.Invoke(_order[next]);
    }

    public void Dispose()
    {
        foreach (var sum in Sums)
        {
            sum.Dispose();
        }

        using (var gradient = _leaf.grad)
        {
            _leaf.Dispose();
        }

        _layers.Dispose();
        _embedded.Dispose();
    }
}
