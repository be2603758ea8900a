using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>How the layers are computed in training.</summary>
public sealed record LayerStackOptions
{
    /// <summary>Type of activations and of the weights in matrix products; null: the model's own. With bfloat16 the model's weights stay
    /// what they are, and a working copy is refreshed from them.</summary>
    public torch.ScalarType? Dtype { get; init; }

    /// <summary>Of every n layers one keeps what its backward pass needs and the others only their input, from which they are computed
    /// again; 1: every layer keeps only its input. 0: all keep all.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Where given, told how long each part of a layer takes.</summary>
    public LayerParts? Parts { get; init; }
}

/// <summary>
/// All transformer layers of a model for training, over the packed tokens of a micro-batch: forward with a tape, then backward, which
/// adds to the gradients of the model's own parameters. For one thread.
/// </summary>
public sealed class LayerStack : IDisposable
{
    private readonly Esm2Model _model;
    private readonly LayerStackOptions _options;
    private readonly torch.jit.CompilationUnit _scripts = torch.jit.compile(LayerScripts.Source);
    private readonly torch.jit.CompilationUnit _copy = TorchScripts.Compile("copy_");
    private readonly LayerPass _pass;
    private readonly torch.Tensor[] _working;

    /// <summary>Does not own the model.</summary>
    public LayerStack(Esm2Model model, LayerStackOptions? options = null)
    {
        (_model, _options) = (model, options ?? new());
        _pass = new(model.Config, _scripts, _options.Parts);
        Dtype = _options.Dtype ?? model.Dtype;
        using var noGrad = torch.no_grad();
        _working = Dtype == model.Dtype ? [] : [.. Masters().Select(master =>
            torch.empty(master.shape, dtype: Dtype, device: master.device).DetachFromDisposeScope())];
        Refresh();
    }

    /// <summary>Type of activations.</summary>
    public torch.ScalarType Dtype { get; }

    /// <summary>Brings the working copy up to the model's weights, in one pass; nothing to do where there is none.</summary>
    public void Refresh()
    {
        if (_working.Length > 0)
        {
            using var noGrad = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            _ = _copy.invoke("copy_", _working, (torch.Tensor[])[.. Masters().Select(master => master.detach())]);
        }
    }

    /// <summary>The residual stream after the last layer, [T, D] of <see cref="Dtype"/>, from the embeddings [T, D]. Dispose of the pass
    /// after its backward.</summary>
    public LayerStackPass Forward(torch.Tensor embedded, Esm2Layout layout)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var tapes = new List<LayerTape>();
        var x = embedded.detach().to_type(Dtype);
        for (var layer = 0; layer < _model.Config.Layers; layer++)
        {
            var tape = new LayerTape { Input = x.DetachFromDisposeScope() };
            if (Keeps(layer))
            {
                tapes.Add(tape);
                x = _pass.Forward(x, Weights(layer), layout, layer, tape);
            }
            else
            {
                using var passing = new LayerTape { Input = x.alias() };
                tapes.Add(tape);
                x = _pass.Forward(x, Weights(layer), layout, layer, passing);
            }
        }

        return new(this, tapes, layout, x.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_working, tensor => tensor.Dispose());
        _scripts.Dispose();
        _copy.Dispose();
    }

    internal torch.Tensor Backward(torch.Tensor gradient, List<LayerTape> tapes, Esm2Layout layout, Action<int>? done)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var g = gradient.to_type(Dtype);
        for (var layer = _model.Config.Layers - 1; layer >= 0; layer--)
        {
            using var inner = torch.NewDisposeScope();
            var weights = Weights(layer);
            using var tape = tapes[layer];
            if (!Keeps(layer))
            {
                _pass.Forward(tape.Input, weights, layout, layer, tape).Dispose();
            }

            var next = _pass.Backward(g, tape, weights, new(weights.Masters), layout, layer);
            g.Dispose();
            g = next.MoveToOuterDisposeScope();
            done?.Invoke(layer);
        }

        return g.MoveToOuterDisposeScope();
    }

    // The last of every n keeps its tape, so that the first layer to be gone back through needs nothing again.
    private bool Keeps(int layer) =>
        _options.CheckpointEvery == 0 || (_options.CheckpointEvery > 1 && (layer + 1) % _options.CheckpointEvery == 0);

    private IEnumerable<torch.Tensor> Masters() =>
        Enumerable.Range(0, _model.Config.Layers).SelectMany(layer => _model.LayerTensors(layer));

    private LayerWeights Weights(int layer)
    {
        var masters = _model.LayerTensors(layer);
        return new(_working.Length == 0 ? masters : _working[(layer * LayerPlaces.Count)..((layer + 1) * LayerPlaces.Count)], masters);
    }
}

/// <summary>A forward pass through the layers that can be gone back. Owns its tapes and its output.</summary>
public sealed class LayerStackPass : IDisposable
{
    private readonly LayerStack _stack;
    private readonly List<LayerTape> _tapes;
    private readonly Esm2Layout _layout;

    internal LayerStackPass(LayerStack stack, List<LayerTape> tapes, Esm2Layout layout, torch.Tensor output)
    {
        (_stack, _tapes, _layout) = (stack, tapes, layout);
        Output = output.DetachFromDisposeScope();
    }

    /// <summary>[T, D] after the last layer, before the final LayerNorm.</summary>
    public torch.Tensor Output { get; }

    /// <summary>Adds the gradients of all layers' parameters and returns that of the embeddings, [T, D]. Once only.</summary>
    /// <param name="gradient">Of <see cref="Output"/>, any floating type.</param>
    /// <param name="done">Told each layer, last to first, when its gradients are added.</param>
    public torch.Tensor Backward(torch.Tensor gradient, Action<int>? done = null) => _stack.Backward(gradient, _tapes, _layout, done);

    /// <inheritdoc/>
    public void Dispose()
    {
        _tapes.ForEach(tape => tape.Dispose());
        Output.Dispose();
    }
}
