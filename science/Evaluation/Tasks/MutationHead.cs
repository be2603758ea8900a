using Ism.Evaluation.Data;
using Ism.Evaluation.Probes;
using Ism.Models.Esm2;
using Ism.Structures;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// The head of Mutate Everything (Ouyang-Zhang et al. 2023) on the last hidden states: LayerNorm, a feed-forward layer (width four times the
/// model's, GELU, added to its input), a linear layer to 20 x 128 values a residue, one of 128 for each amino acid it may become; the
/// values of a variant's mutations are added up, and a linear layer makes ddG of the sum. Head and language model are trained with the
/// Huber loss and AdamW; a linear warm-up over a tenth of the updates, then half a cosine. One protein is one update.
/// </summary>
internal sealed class MutationHead : IDisposable
{
    private const int Values = 128;

    // Mutations of one update at most, drawn anew each time by taking the next ones.
    private const int MostMutations = 256;

    private readonly Esm2Model _model;
    private readonly SmallNet _net;
    private readonly torch.Tensor[] _norm;
    private readonly torch.Tensor[] _feed;
    private readonly torch.Tensor[] _expand;
    private readonly torch.Tensor[] _out;
    private int _turn;

    public MutationHead(Esm2Model model, ulong seed)
    {
        _model = model;
        _net = new SmallNet(seed);
        long width = model.Config.Width;
        double bound = Math.Sqrt(3.0 / width), inner = Math.Sqrt(3.0 / (4 * width));
        _norm = [_net.Take("norm.weight", torch.ones(width)), _net.Add("norm.bias", 0, width)];
        _feed =
        [
            _net.Add("feed.0.weight", bound, 4 * width, width), _net.Add("feed.0.bias", 0, 4 * width),
            _net.Add("feed.2.weight", inner / 2, width, 4 * width), _net.Add("feed.2.bias", 0, width),
        ];
        _expand = [_net.Add("expand.weight", bound, AminoAcids.Letters.Length * Values, width),
            _net.Add("expand.bias", 0, AminoAcids.Letters.Length * Values)];
        _out = [_net.Add("out.weight", Math.Sqrt(1.0 / Values), 1, Values), _net.Add("out.bias", 0, 1)];

        // The language head has no part in this and must not decay.
        _net.Join(model.Parameters.Where(p => !p.Name.StartsWith("lm_head.", StringComparison.Ordinal)));
    }

    public void Begin(double learningRate, double weightDecay, long steps) => _net.Begin(learningRate, weightDecay, steps);

    public void Update(Example example)
    {
        var all = example.Mutations!;
        var turn = _turn++;
        MeasuredMutation[] chosen = all.Count <= MostMutations ? [.. all]
            : [.. Enumerable.Range(0, MostMutations).Select(i => all[(int)((((long)turn * MostMutations) + i) % all.Count)])];
        _net.Update(() => HuberLoss(example.Sequence, chosen));
    }

    public double Loss(Example example)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return HuberLoss(example.Sequence, example.Mutations!).item<float>();
    }

    public double[] Predict(Example example)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return Array.ConvertAll(Output(example.Sequence, example.Mutations!).data<float>().ToArray(), v => (double)v);
    }

    public void Remember() => _net.Remember();

    public void Recall() => _net.Recall();

    public void Dispose() => _net.Dispose();

    private torch.Tensor HuberLoss(string sequence, IReadOnlyList<MeasuredMutation> mutations) => functional.huber_loss(
        Output(sequence, mutations), torch.tensor([.. mutations.Select(m => (float)m.Ddg)]));

    private torch.Tensor Output(string sequence, IReadOnlyList<MeasuredMutation> mutations)
    {
        using var tokens = PackedTokens.From([Esm2Alphabet.EncodeResidues(sequence)]);
        using var layout = _model.Layout(tokens);
        var hidden = _model.Represent(tokens, layout).narrow(0, 1, sequence.Length);
        var normed = functional.layer_norm(hidden, [_model.Config.Width], _norm[0], _norm[1]);
        var fed = normed + functional.linear(
            functional.gelu(functional.linear(normed, _feed[0], _feed[1])), _feed[2], _feed[3]);
        var changes = mutations.SelectMany((m, i) => m.Changes.Select(c => (Variant: (long)i, Row: (long)c.Position, c.To))).ToArray();

        // Only the residues that change are expanded: [changes, 20, 128] at the amino acid they become.
        var rows = fed.index_select(0, torch.tensor([.. changes.Select(c => c.Row)]));
        var expanded = functional.linear(rows, _expand[0], _expand[1]).view(changes.Length * AminoAcids.Letters.Length, Values);
        var chosen = expanded.index_select(0, torch.tensor([.. changes.Select((c, i) =>
            ((long)i * AminoAcids.Letters.Length) + AminoAcids.Index(c.To))]));
        var sums = torch.zeros(mutations.Count, Values).index_add(
            0, torch.tensor([.. changes.Select(c => c.Variant)]), chosen, Models.Numerics.Held.Of(1));
        return functional.linear(sums, _out[0], _out[1]).squeeze(1);
    }
}
