using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>A forward pass that collects what was asked for.</summary>
internal static class Esm2Pass
{
    public static Esm2Output Run(Esm2Model model, PackedTokens tokens, Esm2Outputs outputs)
    {
        using var scope = torch.NewDisposeScope();
        using var layout = model.Layout(tokens);
        using var contacts = outputs.HasFlag(Esm2Outputs.Contacts) ? model.ContactsOf(tokens) : null;
        var layers = outputs.HasFlag(Esm2Outputs.Layers) ? new List<torch.Tensor>() : null;
        var maps = outputs.HasFlag(Esm2Outputs.Attentions)
            ? tokens.Lengths.Select(_ => new List<torch.Tensor>()).ToArray()
            : null;
        var x = model.Embed(tokens);
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            layers?.Add(x.alias());
            var index = layer;
            var next = model.Layer(layer, x, layout, contacts is null && maps is null ? null : (sequence, weights) =>
            {
                contacts?.Add(index, sequence, weights);
                maps?[sequence].Add(weights.alias().DetachFromDisposeScope());
            });
            x.Dispose();
            x = next;
        }

        var last = model.FinalNorm(x);
        layers?.Add(last.alias());
        return new Esm2Output
        {
            Representation = outputs.HasFlag(Esm2Outputs.Representation) ? last.alias().DetachFromDisposeScope() : null,
            Layers = layers?.ConvertAll(tensor => tensor.DetachFromDisposeScope()),
            Logits = outputs.HasFlag(Esm2Outputs.Logits) ? model.Logits(last).DetachFromDisposeScope() : null,
            Attentions = maps?.Select(Stack).ToList(),
            Contacts = contacts?.Probabilities(),
        };
    }

    private static torch.Tensor Stack(List<torch.Tensor> maps)
    {
        var stacked = torch.stack([.. maps], 0).DetachFromDisposeScope();
        maps.ForEach(map => map.Dispose());
        return stacked;
    }
}
