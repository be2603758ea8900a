using Ism.Models.Numerics;
using Ism.Structures.Numerics;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Evaluation.Probes;

/// <summary>
/// A linear layer, or two with ReLU between, over rows of frozen features that are standardised by the training rows' mean and standard
/// deviation. With validation rows the weights of the epoch with the lowest validation loss are kept. Depends on rows, options and seed
/// alone.
/// </summary>
public sealed class Probe : IDisposable
{
    private readonly ProbeOptions _options;
    private readonly ProbeTarget _target;
    private readonly SmallNet _net;
    private readonly torch.Tensor _mean;
    private readonly torch.Tensor _scale;
    private readonly torch.Tensor[] _layers;
    private (double Mean, double Scale) _values = (0, 1);

    private Probe(torch.Tensor rows, ProbeTarget target, int outputs, ProbeOptions options)
    {
        (_options, _target, _net) = (options, target, new SmallNet(options.Seed));
        using var scope = torch.NewDisposeScope();
        _mean = rows.mean([0L]).DetachFromDisposeScope();
        _scale = (rows.std(0, false) + Held.Of(1e-6)).reciprocal().DetachFromDisposeScope();
        var width = rows.shape[1];
        _layers = options.Hidden == 0
            ? [_net.Add("weight", 0, outputs, width), _net.Add("bias", 0, outputs)]
            :
            [
                _net.Add("hidden.weight", Math.Sqrt(6.0 / width), options.Hidden, width), _net.Add("hidden.bias", 0, options.Hidden),
                _net.Add("weight", Math.Sqrt(1.0 / options.Hidden), outputs, options.Hidden), _net.Add("bias", 0, outputs),
            ];
    }

    /// <summary>Trains a probe.</summary>
    /// <param name="rows">[N, D] float32.</param>
    /// <param name="targets">[N] int64 of classes, [N] float32 of values, or [N, terms] float32 of 0 and 1.</param>
    /// <param name="validation">Rows and targets that decide which epoch is kept, or null: the last one.</param>
    /// <param name="target">What is learned.</param>
    /// <param name="outputs">Classes or terms; 1 for values.</param>
    /// <param name="options">How.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ArgumentException">There are no rows.</exception>
    public static Probe Fit(
        torch.Tensor rows, torch.Tensor targets, (torch.Tensor Rows, torch.Tensor Targets)? validation, ProbeTarget target, int outputs,
        ProbeOptions options, CancellationToken cancel = default)
    {
        if (rows.shape[0] == 0)
        {
            throw new ArgumentException("there is nothing to train the probe on: no labelled row is in the training part");
        }

        var probe = new Probe(rows, target, outputs, options);
        try
        {
            probe.Train(rows, targets, validation, cancel);
            return probe;
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    /// <summary>Logits [N, outputs] of rows [N, D]; values [N] of a probe for values, on their own scale.</summary>
    public torch.Tensor Predict(torch.Tensor rows)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var output = Output(rows, training: false);
        return (_target == ProbeTarget.Value ? (output.squeeze(1) * Held.Of(_values.Scale)) + Held.Of(_values.Mean) : output)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean.Dispose();
        _scale.Dispose();
        _net.Dispose();
    }

    private void Train(
        torch.Tensor rows, torch.Tensor targets, (torch.Tensor Rows, torch.Tensor Targets)? validation, CancellationToken cancel)
    {
        using var scope = torch.NewDisposeScope();
        if (_target == ProbeTarget.Value)
        {
            var deviation = targets.std(false).item<float>();
            _values = (targets.mean().item<float>(), deviation > 0 ? deviation : 1);
        }

        var count = (int)rows.shape[0];
        var batches = (count + _options.BatchRows - 1) / _options.BatchRows;
        var epochs = Math.Max(_options.Epochs, (_options.LeastUpdates + batches - 1) / batches);
        _net.Begin(_options.LearningRate, _options.WeightDecay, (long)epochs * batches);
        var order = Enumerable.Range(0, count).Select(i => (long)i).ToArray();
        var best = double.MaxValue;
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            new CounterRandom(_options.Seed, 0x6F72_6465UL, (ulong)epoch).Shuffle<long>(order);
            foreach (var batch in order.Chunk(_options.BatchRows))
            {
                cancel.ThrowIfCancellationRequested();
                _net.Update(() =>
                {
                    var chosen = torch.tensor(batch);
                    return Loss(Output(rows.index_select(0, chosen), training: true), targets.index_select(0, chosen));
                });
            }

            if (validation is { } held && held.Rows.shape[0] > 0 && ValidationLoss(held.Rows, held.Targets) is var loss && loss < best)
            {
                best = loss;
                _net.Remember();
            }
        }

        _net.Recall();
    }

    private double ValidationLoss(torch.Tensor rows, torch.Tensor targets)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return Loss(Output(rows, training: false), targets).item<float>();
    }

    private torch.Tensor Output(torch.Tensor rows, bool training)
    {
        var x = (rows - _mean) * _scale;
        if (_options.Hidden == 0)
        {
            return functional.linear(x, _layers[0], _layers[1]);
        }

        var hidden = functional.relu(functional.linear(x, _layers[0], _layers[1]));
        return functional.linear(SmallNet.Dropped(hidden, _options.Dropout, training), _layers[2], _layers[3]);
    }

    private torch.Tensor Loss(torch.Tensor output, torch.Tensor targets) => _target switch
    {
        ProbeTarget.Class => functional.cross_entropy(output, targets),
        ProbeTarget.Value => functional.mse_loss(
            output.squeeze(1), (targets - Held.Of(_values.Mean)) * Held.Of(1 / _values.Scale)),
        _ => functional.binary_cross_entropy_with_logits(output, targets),
    };
}
