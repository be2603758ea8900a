using Ism.Models.Training;
using Ism.Structures.Numerics;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Evaluation.Probes;

/// <summary>Parameters of a head that is trained on the CPU: named tensors in one flat buffer with AdamW and a cosine schedule.</summary>
internal sealed class SmallNet : IDisposable
{
    private readonly List<NamedParameter> _parameters = [];
    private readonly List<torch.Tensor> _owned = [];
    private CounterRandom _random;
    private FlatParameters? _flat;
    private AdamW? _optimizer;
    private Adamax? _adamax;
    private double _rate;
    private CosineSchedule? _schedule;
    private long _step;
    private torch.Tensor? _best;

    public SmallNet(ulong seed)
    {
        _random = new CounterRandom(seed, 0x6865_6164UL);
        torch.manual_seed((long)(seed & 0x7FFF_FFFF));
    }

    /// <summary>A parameter drawn uniformly within ± <paramref name="bound"/>; 0 makes zeros.</summary>
    public torch.Tensor Add(string name, double bound, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length && bound > 0; i++)
        {
            values[i] = (float)(((2 * _random.NextDouble()) - 1) * bound);
        }

        return Take(name, torch.tensor(values).reshape(shape));
    }

    /// <summary>A parameter with given values.</summary>
    public torch.Tensor Take(string name, torch.Tensor values)
    {
        var parameter = values.detach().requires_grad_(true).DetachFromDisposeScope();
        _parameters.Add(new NamedParameter(name, parameter));
        _owned.Add(parameter);
        return parameter;
    }

    /// <summary>A parameter that lies elsewhere, such as the language model's; it is trained but not owned.</summary>
    public void Join(IEnumerable<NamedParameter> parameters) => _parameters.AddRange(parameters);

    /// <summary>Begins training: no parameter can be added any more.</summary>
    public void Begin(double learningRate, double weightDecay, long steps)
    {
        _flat = new FlatParameters(_parameters);
        _optimizer = new AdamW(_flat, new AdamWOptions { WeightDecay = weightDecay });
        _schedule = new CosineSchedule(learningRate, Math.Max(1, steps / 10), Math.Max(2, steps));
    }

    /// <summary>The same with Adamax at a constant rate and no decay.</summary>
    public void BeginAdamax(double learningRate)
    {
        _flat = new FlatParameters(_parameters);
        _adamax = new Adamax(_flat);
        _rate = learningRate;
    }

    /// <summary>One update: the losses are computed and differentiated one after the other, their gradients added up. Returns the sum
    /// of their values.</summary>
    public double Update(params ReadOnlySpan<Func<torch.Tensor>> losses)
    {
        _flat!.ZeroGradients();
        var sum = 0.0;
        foreach (var loss in losses)
        {
            using var scope = torch.NewDisposeScope();
            var value = loss();
            value.backward();
            sum += value.item<float>();
        }

        // The first update of a warm-up from zero would move nothing.
        _step++;
        _optimizer?.Step(_schedule!.At(Math.Min(_step, _schedule.TotalSteps - 1)));
        _adamax?.Step(_rate);
        return sum;
    }

    /// <summary>Remembers the weights as they are.</summary>
    public void Remember()
    {
        using var noGrad = torch.no_grad();
        _best?.Dispose();
        _best = _flat!.Values.clone().DetachFromDisposeScope();
    }

    /// <summary>Back to the weights that were remembered last, if any.</summary>
    public void Recall()
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        if (_best is not null)
        {
            _flat!.Values.copy_(_best);
        }
    }

    public static torch.Tensor Dropped(torch.Tensor x, double share, bool training) =>
        training && share > 0 ? functional.dropout(x, share, true) : x;

    public void Dispose()
    {
        _best?.Dispose();
        _optimizer?.Dispose();
        _adamax?.Dispose();
        _owned.ForEach(tensor => tensor.Dispose());
        _flat?.Dispose();
    }
}
