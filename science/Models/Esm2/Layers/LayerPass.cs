using Ism.Models.Kernels;
using TorchSharp;

namespace Ism.Models.Esm2.Layers;

/// <summary>
/// One transformer layer, forward and backward, written out instead of left to autograd: gradients go straight into their buffers, passes
/// over memory are merged (bias with rotation, bias with GELU and its derivative, residual with the matrix product), and the moment at
/// which a layer's gradients are complete is known. Equal to <see cref="Esm2Model.Layer"/> and its gradient up to rounding.
/// Run without autograd.
/// </summary>
internal sealed class LayerPass(Esm2Config config, torch.jit.CompilationUnit scripts, LayerParts? parts)
{
    private readonly SequenceAttention _attention = new(scripts, config.Heads);

    /// <summary><paramref name="x"/> [T, D] to [T, D]; <paramref name="tape"/> is filled.</summary>
    public torch.Tensor Forward(torch.Tensor x, LayerWeights w, Esm2Layout layout, int layer, LayerTape tape)
    {
        using var scope = torch.NewDisposeScope();
        var (d, wide) = ((double)config.Width, (double)config.FeedForward);
        var square = 2 * x.shape[0] * d;
        parts?.Begin();
        tape.AttentionNorm = Norm(x, w, LayerPlaces.AttentionNorm, tape);
        parts?.Lap("norm, forward");
        var normed = tape.AttentionNorm.Output;
        var query = Rotated(normed, w, LayerPlaces.Query, layout, layer);
        var key = Rotated(normed, w, LayerPlaces.Key, layout, layer);
        var value = torch.nn.functional.linear(normed, w.Matrix(LayerPlaces.Value), w.Bias(LayerPlaces.Value));
        parts?.Lap("q, k, v and rotation, forward", 3 * square * d);
        tape.Projected = (tape.Keep(query), tape.Keep(key), tape.Keep(value));
        (tape.Context, tape.Attention) = _attention.Forward(query, key, value, layout);
        parts?.Lap("attention, forward", 4 * d * Squares(layout));
        _ = tape.Keep(tape.Context);
        foreach (var kept in tape.Attention)
        {
            _ = tape.Keep(kept);
        }

        tape.Attended = tape.Keep(Added(x, tape.Context, w, LayerPlaces.Output));
        parts?.Lap("output, forward", square * d);
        tape.FeedForwardNorm = Norm(tape.Attended, w, LayerPlaces.FeedForwardNorm, tape);
        parts?.Lap("norm, forward");
        var hidden = tape.Keep(tape.FeedForwardNorm.Output.mm(w.Matrix(LayerPlaces.Expand).t()));
        parts?.Lap("expand, forward", square * wide);
        tape.Activated = tape.Keep(GeluRows.Forward(hidden, GeluBias(w, hidden)));
        parts?.Lap("GELU, forward");
        tape.Slope = hidden;
        var output = Added(tape.Attended, tape.Activated, w, LayerPlaces.Contract).MoveToOuterDisposeScope();
        parts?.Lap("contract, forward", square * wide);
        return output;
    }

    /// <summary>The gradient of the input from that of the output, [T, D]; those of the weights are added to
    /// <paramref name="sums"/>.</summary>
    public torch.Tensor Backward(
        torch.Tensor gradient, LayerTape tape, LayerWeights w, LayerGradients sums, Esm2Layout layout, int layer)
    {
        using var scope = torch.NewDisposeScope();
        var (d, wide) = ((double)config.Width, (double)config.FeedForward);
        var square = 2 * gradient.shape[0] * d;
        parts?.Begin();
        sums.Linear(LayerPlaces.Contract, gradient, tape.Activated);
        parts?.Lap("weights' gradients", square * wide);
        var hidden = gradient.mm(w.Matrix(LayerPlaces.Contract));
        parts?.Lap("contract, backward", square * wide);
        GeluRows.Backward(hidden, tape.Slope, GeluRows.Serves(hidden, GeluBias(w, hidden)), scripts);
        parts?.Lap("GELU, backward");
        sums.Linear(LayerPlaces.Expand, hidden, tape.FeedForwardNorm.Output);
        parts?.Lap("weights' gradients", square * wide);
        var expanded = hidden.mm(w.Matrix(LayerPlaces.Expand));
        hidden.Dispose();
        parts?.Lap("expand, backward", square * wide);
        var attended = NormBackward(expanded, tape.Attended, tape.FeedForwardNorm, w, LayerPlaces.FeedForwardNorm, sums);
        expanded.Dispose();
        _ = attended.add_(gradient);
        parts?.Lap("norm, backward");
        sums.Linear(LayerPlaces.Output, attended, tape.Context);
        parts?.Lap("weights' gradients", square * d);
        var mixed = attended.mm(w.Matrix(LayerPlaces.Output));
        parts?.Lap("output, backward", square * d);
        var (query, key, value) = _attention.Backward(mixed, tape, layout);
        mixed.Dispose();
        parts?.Lap("attention, backward", 8 * d * Squares(layout));
        query = RotatedBack(query, layout, layer);
        key = RotatedBack(key, layout, layer);
        parts?.Lap("rotation, backward");
        var normed = tape.AttentionNorm.Output;
        sums.Linear(LayerPlaces.Query, query, normed);
        sums.Linear(LayerPlaces.Key, key, normed);
        sums.Linear(LayerPlaces.Value, value, normed);
        parts?.Lap("weights' gradients", 3 * square * d);
        var inner = query.mm(w.Matrix(LayerPlaces.Query));
        _ = inner.addmm_(key, w.Matrix(LayerPlaces.Key), 1, 1);
        _ = inner.addmm_(value, w.Matrix(LayerPlaces.Value), 1, 1);
        parts?.Lap("q, k, v, backward", 3 * square * d);
        var input = NormBackward(inner, tape.Input, tape.AttentionNorm, w, LayerPlaces.AttentionNorm, sums);
        _ = input.add_(attended);
        parts?.Lap("norm, backward");
        return input.MoveToOuterDisposeScope();
    }

    private static double Squares(Esm2Layout layout) => layout.Sequences.Sum(sequence => (double)sequence.Length * sequence.Length);

    // The vector kernels take float32 biases; libtorch's own operators want them in the computing type.
    private static torch.Tensor GeluBias(LayerWeights w, torch.Tensor hidden) =>
        TensorMemory.IsServed(hidden) ? w.MasterBias(LayerPlaces.Expand) : w.Bias(LayerPlaces.Expand);

    private LayerNormResult Norm(torch.Tensor x, LayerWeights w, int place, LayerTape tape)
    {
        var (scale, shift) = w.Norm(place);
        using var epsilon = config.LayerNormEpsilon.ToScalar();
        var results = (torch.Tensor[])scripts.invoke("layer_norm", x, scale, shift, epsilon);
        return new(tape.Keep(results[0]), tape.Keep(results[1]), tape.Keep(results[2]));
    }

    private torch.Tensor NormBackward(
        torch.Tensor gradient, torch.Tensor input, LayerNormResult forward, LayerWeights w, int place, LayerGradients sums)
    {
        var (scale, shift) = w.Norm(place);
        var results = (torch.Tensor[])scripts.invoke(
            "layer_norm_backward", gradient, input, forward.Mean, forward.InverseDeviation, scale, shift);
        sums.Norm(place, results[1], results[2]);
        return results[0];
    }

    // x + bias + a W^T: the product adds to the residual where that lies.
    private static torch.Tensor Added(torch.Tensor x, torch.Tensor a, LayerWeights w, int place)
    {
        var sum = x + w.Bias(place);
        return sum.addmm_(a, w.Matrix(place).t(), 1, 1);
    }

    private torch.Tensor Rotated(torch.Tensor normed, LayerWeights w, int place, Esm2Layout layout, int layer)
    {
        var x = normed.mm(w.Matrix(place).t());
        if (TensorMemory.IsServed(x) && layout.HasHalfTables)
        {
            var (cos, sin) = layout.HalfTables(layer);
            RotaryRows.Rotate(x, cos, sin, w.MasterBias(place), back: false);
            return x;
        }

        return PlainRotation(x.add_(w.Bias(place)), layout, layer, back: false);
    }

    private torch.Tensor RotatedBack(torch.Tensor x, Esm2Layout layout, int layer)
    {
        if (TensorMemory.IsServed(x) && layout.HasHalfTables)
        {
            var (cos, sin) = layout.HalfTables(layer);
            RotaryRows.Rotate(x, cos, sin, null, back: true);
            return x;
        }

        return PlainRotation(x, layout, layer, back: true);
    }

    private torch.Tensor PlainRotation(torch.Tensor x, Esm2Layout layout, int layer, bool back)
    {
        var (cos, sin) = layout.Rotary(layer);
        var split = x.view(x.shape[0], config.Heads, config.HeadWidth).to_type(cos.dtype);
        return RotaryPositions.Rotate(split, cos, back ? -sin : sin).to_type(x.dtype).view(x.shape);
    }
}
