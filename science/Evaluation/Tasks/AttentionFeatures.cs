using Ism.Models.Esm2;
using TorchSharp;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// Attention maps as features of pairs (Rao et al. 2021): those of every layer and head without the ends, symmetrised and corrected by the
/// average product.
/// </summary>
internal static class AttentionFeatures
{
    /// <summary>Gives the maps [heads, L, L] of one layer after the other; the caller's tensors must be taken out of the scope to be
    /// kept.</summary>
    public static void Collect(Esm2Model model, string sequence, Action<int, torch.Tensor> take)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var tokens = PackedTokens.From([Esm2Alphabet.EncodeResidues(sequence)], model.Device);
        using var layout = model.Layout(tokens);
        var residues = sequence.Length;
        var x = model.Embed(tokens);
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var index = layer;
            var next = model.Layer(layer, x, layout, (_, weights) =>
            {
                using var inner = torch.NewDisposeScope();
                var kept = weights.narrow(1, 1, residues).narrow(2, 1, residues).to(torch.float32);
                var symmetric = kept + kept.transpose(1, 2);
                var rows = symmetric.sum(2, keepdim: true);
                take(index, symmetric - (rows * rows.transpose(1, 2) / rows.sum(1, keepdim: true)));
            });
            x.Dispose();
            x = next;
        }
    }

    /// <summary>Features [pairs, layers * heads] of chosen pairs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequence">One letter a residue.</param>
    /// <param name="pairs">i * L + j of each pair.</param>
    public static torch.Tensor OfPairs(Esm2Model model, string sequence, long[] pairs)
    {
        using var scope = torch.NewDisposeScope();
        var at = torch.tensor(pairs, device: model.Device);
        var parts = new List<torch.Tensor>();
        Collect(model, sequence, (_, maps) =>
            parts.Add(maps.flatten(1).index_select(1, at).cpu().DetachFromDisposeScope()));
        var features = torch.cat(parts, 0).t().contiguous();
        parts.ForEach(part => part.Dispose());
        return features.MoveToOuterDisposeScope();
    }

    /// <summary>Scores [L * L] of all pairs: the maps weighted and added up; the intercept changes no order and is left out.</summary>
    public static float[] Scores(Esm2Model model, string sequence, double[] weights)
    {
        using var scope = torch.NewDisposeScope();
        var heads = model.Config.Heads;
        var sum = torch.zeros(sequence.Length, sequence.Length, device: model.Device);
        Collect(model, sequence, (layer, maps) =>
        {
            using var w = torch.tensor(weights.AsSpan(layer * heads, heads).ToArray(), torch.float32, device: model.Device);
            _ = sum.add_((maps * w.view(heads, 1, 1)).sum(dim: 0L));
        });
        return sum.cpu().data<float>().ToArray();
    }
}
