using System.Text;
using Ism.Models.Numerics;
using Ism.Models.Training;
using Ism.Structures.Numerics;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Makes and owns trained tensors in the order of their creation. First values are keyed by (seed, name), so a tensor's values do
/// not
/// depend on what else the model holds, and the same in both dtypes up to rounding.
/// </summary>
public sealed class ParameterTable(ulong seed, ScalarType dtype, Device? device = null) : IDisposable
{
    private readonly List<NamedParameter> _parameters = [];

    /// <summary>All tensors made so far, in order.</summary>
    public IReadOnlyList<NamedParameter> All => _parameters;

    /// <summary>float32 or float64.</summary>
    public ScalarType DataType => dtype;

    /// <summary>Where the tensors are.</summary>
    public Device Device { get; } = device ?? CPU;

    /// <summary>Normal deviates of mean 0 and the given standard deviation.</summary>
    public Tensor Normal(string name, double deviation, params long[] shape)
    {
        var random = new CounterRandom(seed, NameKey(name));
        var values = new double[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = deviation * random.NextGaussian();
        }

        using var made = tensor(values, shape);
        return Add(name, made);
    }

    /// <summary>A weight [outputs, inputs] with deviation 1/sqrt(inputs) (LeCun et al. 1998): keeps the variance of its
    /// input.</summary>
    public Tensor Weight(string name, long outputs, long inputs) => Normal(name, 1 / Math.Sqrt(inputs), outputs, inputs);

    /// <summary>The same value everywhere.</summary>
    public Tensor Constant(string name, double value, params long[] shape)
    {
        using var made = full(shape, Held.Of(value), dtype: ScalarType.Float64);
        return Add(name, made);
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
        {
            parameter.Tensor.grad?.Dispose();
            parameter.Tensor.Dispose();
        }

        _parameters.Clear();
    }

    private Tensor Add(string name, Tensor values)
    {
        if (_parameters.Any(parameter => parameter.Name == name))
        {
            throw new ArgumentException($"two parameters are named '{name}'", nameof(name));
        }

        var made = values.to(dtype, Device, copy: true).requires_grad_(true).DetachFromDisposeScope();
        _parameters.Add(new NamedParameter(name, made));
        return made;
    }

    private static ulong NameKey(string name)
    {
        var key = CounterRandom.Key((ulong)name.Length);
        foreach (var letter in Encoding.UTF8.GetBytes(name))
        {
            key = CounterRandom.Key(key, letter);
        }

        return key;
    }
}
