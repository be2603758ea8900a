using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Labels;
using Ism.Evaluation.Probes;
using Ism.Models.Numerics;
using Ism.Structures.Numerics;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// A shallow head over pairs of residues: LayerNorm and a linear layer to 64 values a residue, a hidden layer of 64 over product and
/// absolute difference of the two residues' values and the logarithm of their separation, one logit. Symmetric in the two.
/// </summary>
internal sealed class PairHead : IDisposable
{
    private const int Reduced = 64, Hidden = 64, Crop = 256;

    private readonly SmallNet _net;
    private readonly torch.Tensor _project;
    private readonly torch.Tensor _hidden;
    private readonly torch.Tensor _hiddenBias;
    private readonly torch.Tensor _out;
    private readonly torch.Tensor _outBias;
    private readonly int _width;

    private PairHead(int width, ulong seed)
    {
        _width = width;
        _net = new SmallNet(seed);
        _project = _net.Add("project", Math.Sqrt(3.0 / width), Reduced, width);
        _hidden = _net.Add("hidden.weight", Math.Sqrt(6.0 / ((2 * Reduced) + 1)), Hidden, (2 * Reduced) + 1);
        _hiddenBias = _net.Add("hidden.bias", 0, Hidden);
        _out = _net.Add("weight", Math.Sqrt(1.0 / Hidden), 1, Hidden);
        _outBias = _net.Add("bias", 0, 1);
    }

    /// <summary>Trains on crops of 256 residues, one protein an update, with the binary cross entropy over pairs six and more apart. The
    /// epoch with the lowest loss on validation proteins is kept, the last one where there are none.</summary>
    public static PairHead Fit(ProteinFeatures features, DataSet data, TaskOptions options, CancellationToken cancel)
    {
        var head = new PairHead(features.Width, options.Probe.Seed);
        var train = Usable(data, Part.Train);
        var held = Usable(data, Part.Validation);
        if (train.Length == 0)
        {
            throw new InvalidDataException("no training protein has a pair of residues six or more apart with coordinates");
        }

        head._net.Begin(1e-3, options.Probe.WeightDecay, (long)options.Probe.Epochs * train.Length);
        var best = double.MaxValue;
        for (var epoch = 0; epoch < options.Probe.Epochs; epoch++)
        {
            options.Progress?.Invoke("pair head, epochs", epoch, options.Probe.Epochs);
            var random = new CounterRandom(options.Probe.Seed, 0x7061_6972UL, (ulong)epoch);
            random.Shuffle<int>(train);
            foreach (var index in train)
            {
                cancel.ThrowIfCancellationRequested();
                var length = data.Examples[index].Sequence.Length;
                var start = length > Crop ? random.NextInt32(length - Crop + 1) : 0;
                if (ContactTask.Pairs(Cropped(data.Examples[index].Contacts!, start)).Length > 0)
                {
                    head._net.Update(() => head.Loss(features, data, index, start));
                }
            }

            if (held.Length > 0 && head.Mean(features, data, held) is var loss && loss < best)
            {
                best = loss;
                head._net.Remember();
            }
        }

        head._net.Recall();
        return head;
    }

    /// <summary>Logits [L * L] of a protein's features [L, D].</summary>
    public float[] Scores(torch.Tensor features)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var values = Values(features);
        var length = (int)features.shape[0];
        var scores = new float[length * length];

        // Row by row of pairs, some rows at once, so that a long protein needs no more memory than a short one.
        var rows = Math.Max(1, 65_536 / length);
        for (var start = 0; start < length; start += rows)
        {
            using var inner = torch.NewDisposeScope();
            var count = Math.Min(rows, length - start);
            var i = torch.arange(Held.Of((long)start), Held.Of((long)(start + count))).repeat_interleave(length);
            var j = torch.arange(Held.Of((long)length)).repeat([count]);
            Logits(values, i, j).data<float>().CopyTo(scores, start * length);
        }

        return scores;
    }

    public void Dispose() => _net.Dispose();

    private static int[] Usable(DataSet data, Part part) =>
        [.. data.Of(part).Where(i => ContactTask.Pairs(data.Examples[i].Contacts!).Length > 0)];

    private static ContactMap Cropped(ContactMap map, int start) => map.Crop(start, Math.Min(Crop, map.Length - start));

    private double Mean(ProteinFeatures features, DataSet data, int[] proteins)
    {
        using var noGrad = torch.no_grad();
        return proteins.Average(index =>
        {
            using var scope = torch.NewDisposeScope();
            return ContactTask.Pairs(Cropped(data.Examples[index].Contacts!, 0)).Length == 0 ? 0
                : Loss(features, data, index, 0).item<float>();
        });
    }

    private torch.Tensor Loss(ProteinFeatures features, DataSet data, int index, int start)
    {
        var map = Cropped(data.Examples[index].Contacts!, start);
        var pairs = ContactTask.Pairs(map);
        var truth = Array.ConvertAll(pairs, p => map.IsContact((int)(p / map.Length), (int)(p % map.Length)) ? 1f : 0f);
        var values = Values(features.Of(index).narrow(0, start, map.Length));
        var logits = Logits(values, torch.tensor(Array.ConvertAll(pairs, p => p / map.Length)),
            torch.tensor(Array.ConvertAll(pairs, p => p % map.Length)));
        return functional.binary_cross_entropy_with_logits(logits, torch.tensor(truth));
    }

    private torch.Tensor Values(torch.Tensor features) =>
        functional.linear(functional.layer_norm(features, [_width]), _project);

    private torch.Tensor Logits(torch.Tensor values, torch.Tensor i, torch.Tensor j)
    {
        var (a, b) = (values.index_select(0, i), values.index_select(0, j));
        var separation = (j - i).abs().to(torch.float32).log1p().unsqueeze(1);
        var x = torch.cat([a * b, (a - b).abs(), separation], 1);
        return functional.linear(functional.relu(functional.linear(x, _hidden, _hiddenBias)), _out, _outBias).squeeze(1);
    }
}
