using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>
/// The encoder of <see cref="GraphEncoder"/> for the CPU, without gradients: atoms of several environments laid end to end, no padding
/// in any matrix product; attention, biases, norms, GELU and residuals in kernels of their own around torch's products. Holds the
/// buffers of one thread.
/// </summary>
/// <param name="weights">The weights; not owned.</param>
internal sealed unsafe class FusedEncoder(FusedWeights weights) : IDisposable
{
    private Tensor? _normal;
    private Tensor? _wide;
    private Tensor? _feed;
    private Tensor? _narrow;
    private AlignedFloats? _x;
    private AlignedFloats? _bias;
    private AlignedFloats? _axes;
    private AlignedFloats? _scratch;
    private long _rows;

    /// <summary>Embeds a batch.</summary>
    /// <param name="environments">Environments, at least one.</param>
    /// <param name="to">[environments, width]; 0 where an environment is empty.</param>
    public void Embed(ReadOnlySpan<Microenvironment> environments, Span<float> to)
    {
        if (weights.DataType == ScalarType.Float32)
        {
            Run<float>(environments, to);
        }
        else
        {
            Run<ushort>(environments, to);
        }
    }

    public void Dispose()
    {
        _normal?.Dispose();
        _wide?.Dispose();
        _feed?.Dispose();
        _narrow?.Dispose();
        _x?.Dispose();
        _bias?.Dispose();
        _axes?.Dispose();
        _scratch?.Dispose();
    }

    private void Run<T>(ReadOnlySpan<Microenvironment> environments, Span<float> to)
        where T : unmanaged
    {
        var rows = Prepare(environments);
        if (rows > 0)
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            Tensor normal = _normal!.narrow(0, 0, rows), wide = _wide!.narrow(0, 0, rows);
            Tensor feed = _feed!.narrow(0, 0, rows), narrow = _narrow!.narrow(0, 0, rows);
            for (var l = 0; l < weights.Layers.Length; l++)
            {
                Layer<T>(environments, rows, l, normal, wide, feed, narrow);
            }
        }

        Mean(environments, rows, to);
    }

    // Features and biases before the first layer.
    private long Prepare(ReadOnlySpan<Microenvironment> environments)
    {
        var (shape, outputs) = (weights.Shape, weights.Shape.Layers * weights.Shape.Heads);
        long rows = 0, biases = 0;
        var most = 0;
        foreach (var environment in environments)
        {
            rows += environment.Count;
            biases += RadialKernel.Size(outputs, environment.Count);
            most = Math.Max(most, environment.Count);
        }

        Reserve(rows);
        _bias = AlignedFloats.AtLeast(_bias, biases);
        _axes = AlignedFloats.AtLeast(_axes, 3L * Lanes.Padded(most));
        _scratch = AlignedFloats.AtLeast(_scratch, weights.Attention.Scratch(most));
        float* x = _x!.Pointer, bias = _bias.Pointer;
        foreach (var environment in environments)
        {
            if (environment.Count == 0)
            {
                continue;
            }

            foreach (var element in environment.Elements)
            {
                new Span<float>(weights.Elements.Pointer + (element * shape.Width), shape.Width).CopyTo(new Span<float>(x, shape.Width));
                x += shape.Width;
            }

            weights.Radial.Run(environment.Coordinates, environment.Count, _axes.Pointer, bias);
            bias += RadialKernel.Size(outputs, environment.Count);
        }

        return rows;
    }

    private void Layer<T>(
        ReadOnlySpan<Microenvironment> environments, long rows, int l, Tensor normal, Tensor wide, Tensor feed, Tensor narrow)
        where T : unmanaged
    {
        var (layer, width) = (weights.Layers[l], weights.Shape.Width);
        var x = _x!.Pointer;
        RowKernels.Normalise(x, layer.AttentionNorm.Weight.Pointer, layer.AttentionNorm.Bias.Pointer, rows, width, Of<T>(normal));
        layer.Qkv.Run(normal, wide);
        Attend<T>(environments, l, Of<T>(wide), Of<T>(normal));
        layer.Out.Run(normal, narrow);
        RowKernels.Add(x, Of<T>(narrow), layer.AttentionStep.Bias.Pointer, layer.AttentionStep.Scale.Pointer, rows, width);
        RowKernels.Normalise(x, layer.FeedNorm.Weight.Pointer, layer.FeedNorm.Bias.Pointer, rows, width, Of<T>(normal));
        layer.Up.Run(normal, feed);
        RowKernels.Gelu(Of<T>(feed), layer.UpBias.Pointer, rows, width * weights.Shape.FeedForwardRatio);
        layer.Down.Run(feed, narrow);
        RowKernels.Add(x, Of<T>(narrow), layer.FeedStep.Bias.Pointer, layer.FeedStep.Scale.Pointer, rows, width);
    }

    private void Attend<T>(ReadOnlySpan<Microenvironment> environments, int l, T* qkv, T* to)
        where T : unmanaged
    {
        var (heads, width) = (weights.Shape.Heads, weights.Shape.Width);
        var bias = _bias!.Pointer;
        foreach (var environment in environments)
        {
            var n = environment.Count;
            if (n == 0)
            {
                continue;
            }

            weights.Attention.Run(qkv, weights.Layers[l].QkvBias.Pointer, n, bias + (l * RadialKernel.Size(heads, n)), to,
                _scratch!.Pointer);
            qkv += 3L * n * width;
            to += (long)n * width;
            bias += RadialKernel.Size(heads * weights.Layers.Length, n);
        }
    }

    private void Mean(ReadOnlySpan<Microenvironment> environments, long rows, Span<float> to)
    {
        var width = weights.Shape.Width;
        to.Clear();
        var x = _x!.Pointer;
        RowKernels.Normalise(x, weights.NormWeight.Pointer, weights.NormBias.Pointer, rows, width, x);
        for (var e = 0; e < environments.Length; e++)
        {
            var z = to.Slice(e * width, width);
            var n = environments[e].Count;
            for (var i = 0; i < n; i++, x += width)
            {
                for (var c = 0; c < width; c++)
                {
                    z[c] += x[c];
                }
            }

            foreach (ref var channel in z)
            {
                channel /= Math.Max(1, n);
            }
        }
    }

    private void Reserve(long rows)
    {
        if (rows <= _rows && _x is not null)
        {
            return;
        }

        Dispose();
        (_bias, _axes, _scratch) = (null, null, null);
        _rows = Math.Max(rows, 64);
        var width = weights.Shape.Width;
        _x = new AlignedFloats(_rows * width);
        (_normal, _wide) = (Buffer(width), Buffer(3L * width));
        (_feed, _narrow) = (Buffer((long)weights.Shape.FeedForwardRatio * width), Buffer(width));
    }

    private Tensor Buffer(long width) => zeros(_rows, width, dtype: weights.DataType).DetachFromDisposeScope();

    private static T* Of<T>(Tensor tensor)
        where T : unmanaged => WeightProduct.Of<T>(tensor);
}
