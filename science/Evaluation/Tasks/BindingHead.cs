using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Probes;
using Ism.Structures.Numerics;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// The head of bindEmbed21DL (Littmann et al. 2021): convolution of width 5 to 128 channels, ELU, dropout 0.7, convolution of width 5 to
/// three logits (metal, nucleic acid, small molecule). Positives weigh 8.9, 7.7 and 4.4; Adamax at 0.01; training ends when the
/// validation loss has not fallen for ten epochs, and the best epoch is kept.
/// </summary>
internal sealed class BindingHead : IDisposable
{
    /// <summary>Kinds of ligands.</summary>
    public const int Kinds = 3;

    private const int Channels = 128, Kernel = 5, Patience = 10, ProteinsPerBatch = 406;
    private const double Dropout = 0.7, LearningRate = 0.01;

    private readonly SmallNet _net;
    private readonly torch.Tensor[] _layers;
    private readonly torch.Tensor _positiveWeight = torch.tensor((float[])[8.9f, 7.7f, 4.4f]).DetachFromDisposeScope();

    private BindingHead(int width, ulong seed)
    {
        _net = new SmallNet(seed);
        var (first, second) = (1 / Math.Sqrt(width * Kernel), 1 / Math.Sqrt(Channels * Kernel));
        _layers =
        [
            _net.Add("0.weight", first, Channels, width, Kernel), _net.Add("0.bias", first, Channels),
            _net.Add("3.weight", second, Kinds, Channels, Kernel), _net.Add("3.bias", second, Kinds),
        ];
    }

    public static BindingHead Fit(
        ProteinFeatures features, DataSet data, int[] train, int[] validation, TaskOptions options, CancellationToken cancel)
    {
        var head = new BindingHead(features.Width, options.Probe.Seed);
        head._net.BeginAdamax(LearningRate);
        var (best, since) = (double.MaxValue, 0);
        for (var epoch = 0; epoch < options.Probe.Epochs && since < Patience; epoch++)
        {
            options.Progress?.Invoke("binding head, epochs", epoch, options.Probe.Epochs);
            new CounterRandom(options.Probe.Seed, 0x6269_6E64UL, (ulong)epoch).Shuffle<int>(train);
            foreach (var batch in train.Chunk(ProteinsPerBatch))
            {
                cancel.ThrowIfCancellationRequested();
                var residues = batch.Sum(i => (double)data.Examples[i].Sequence.Length);
                head._net.Update([.. batch.Select(index => (Func<torch.Tensor>)(() =>
                    head.Loss(features.Of(index), data.Examples[index], residues, training: true)))]);
            }

            if (validation.Length == 0)
            {
                continue;
            }

            var loss = head.ValidationLoss(features, data, validation);
            since = loss < best ? 0 : since + 1;
            if (loss < best)
            {
                best = loss;
                head._net.Remember();
            }
        }

        head._net.Recall();
        return head;
    }

    /// <summary>Probabilities, residue by residue and kind by kind.</summary>
    public float[] Predict(torch.Tensor features)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return Logits(features, training: false).sigmoid().contiguous().data<float>().ToArray();
    }

    public void Dispose()
    {
        _positiveWeight.Dispose();
        _net.Dispose();
    }

    private double ValidationLoss(ProteinFeatures features, DataSet data, int[] validation)
    {
        using var noGrad = torch.no_grad();
        var residues = validation.Sum(i => (double)data.Examples[i].Sequence.Length);
        return validation.Sum(index =>
        {
            using var scope = torch.NewDisposeScope();
            return (double)Loss(features.Of(index), data.Examples[index], residues, training: false).item<float>();
        });
    }

    // Its part of the mean over all residues and kinds of a batch.
    private torch.Tensor Loss(torch.Tensor features, Example example, double residues, bool training)
    {
        var truth = torch.tensor([.. example.ResidueSites!.SelectMany(sites => sites.Select(s => s ? 1f : 0f))])
            .reshape(example.Sequence.Length, Kinds);
        return functional.binary_cross_entropy_with_logits(Logits(features, training), truth, pos_weights: _positiveWeight,
            reduction: Reduction.Sum) / Models.Numerics.Held.Of(residues * Kinds);
    }

    // [L, D] to [L, 3].
    private torch.Tensor Logits(torch.Tensor features, bool training)
    {
        var x = features.t().unsqueeze(0);
        var hidden = functional.elu(functional.conv1d(x, _layers[0], _layers[1], padding: Kernel / 2), 1);
        var dropped = SmallNet.Dropped(hidden, Dropout, training);
        return functional.conv1d(dropped, _layers[2], _layers[3], padding: Kernel / 2).squeeze(0).t();
    }
}
