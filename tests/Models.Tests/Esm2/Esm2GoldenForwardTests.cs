using Ism.Models.Esm2;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public class Esm2GoldenForwardTests
{
    [SkippableTheory]
    [InlineData("nomask", "f64", 1e-9)]
    [InlineData("mask15", "f64", 1e-9)]
    [InlineData("nomask", "f32", 1e-4)]
    [InlineData("mask15", "f32", 1e-4)]
    public void Should_match_every_layer_logits_attentions_and_contacts(string input, string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = TinyEsm2.Model(TinyEsm2.Dtype(precision));
        var expected = SafeTensorsFile.Load(TinyEsm2.PathOf($"outputs_{input}_{precision}.safetensors"));
        using var tokens = TinyEsm2.Pack(expected["tokens"]);
        const Esm2Outputs All = Esm2Outputs.Representation | Esm2Outputs.Layers | Esm2Outputs.Logits | Esm2Outputs.Attentions
            | Esm2Outputs.Contacts;

        using var spelt = model.Forward(tokens, All);
        using var fused = model.Forward(tokens, Esm2Outputs.Representation | Esm2Outputs.Layers | Esm2Outputs.Logits);

        foreach (var output in (Esm2Output[])[spelt, fused])
        {
            Assert.Equal(model.Config.Layers + 1, output.Layers!.Count);
            for (var layer = 0; layer <= model.Config.Layers; layer++)
            {
                var states = TinyEsm2.Pack(expected[$"repr_{layer}"], tokens.Lengths);
                Close.Require(states, output.Layers[layer], tolerance, $"layer {layer}");
            }

            Close.RequireSame(output.Layers[^1], output.Representation!, "representation");
            Close.Require(TinyEsm2.Pack(expected["logits"], tokens.Lengths), output.Logits!, tolerance, "logits");
        }

        RequireMaps(expected, spelt, tokens.Lengths, tolerance);
    }

    [SkippableFact]
    public void Should_use_the_inverse_frequencies_of_the_checkpoint()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var expected = SafeTensorsFile.Load(TinyEsm2.PathOf("variant_inv_freq_fp16_rounded_f32.safetensors"));
        var weights = TinyEsm2.Weights();
        var config = TinyEsm2.Config();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            weights[Esm2Parameters.InverseFrequencies(layer)] = expected["inv_freq"].clone();
        }

        using var model = new Esm2Model(config, weights);
        using var exact = TinyEsm2.Model(torch.float32);
        using var tokens = TinyEsm2.Pack(expected["tokens"]);
        using var output = model.Forward(tokens, Esm2Outputs.Representation | Esm2Outputs.Logits);
        using var other = exact.Forward(tokens, Esm2Outputs.Logits);

        var logits = TinyEsm2.Pack(expected["logits"], tokens.Lengths);
        Close.Require(logits, output.Logits!, 1e-4, "logits");
        var states = TinyEsm2.Pack(expected[$"repr_{config.Layers}"], tokens.Lengths);
        Close.Require(states, output.Representation!, 1e-4, "representation");
        Assert.True((logits - other.Logits!).abs().max().item<float>() > 1e-3, "computed frequencies must differ visibly");
    }

    [SkippableFact]
    public void Should_compute_missing_inverse_frequencies_exactly()
    {
        using var scope = torch.NewDisposeScope();
        var weights = TinyEsm2.Weights();
        for (var layer = 0; layer < TinyEsm2.Config().Layers; layer++)
        {
            var stored = weights[Esm2Parameters.InverseFrequencies(layer)];
            Close.RequireSame(stored, RotaryPositions.InverseFrequencies(TinyEsm2.Config().HeadWidth), $"layer {layer}");
        }
    }

    private static void RequireMaps(
        Dictionary<string, torch.Tensor> expected, Esm2Output actual, IReadOnlyList<int> lengths, double tolerance)
    {
        for (var row = 0; row < lengths.Count; row++)
        {
            var (length, residues) = (lengths[row], lengths[row] - 2);
            var contacts = expected["contacts"][row].narrow(0, 0, residues).narrow(1, 0, residues);
            Close.Require(contacts, actual.Contacts![row], tolerance, $"contacts of row {row}");
            var maps = expected.TryGetValue("attentions", out var all) ? all[row] : row == 1 ? expected["attentions_row1"] : null;
            if (maps is not null)
            {
                var real = maps.narrow(-1, 0, length).narrow(-2, 0, length);
                Close.Require(real, actual.Attentions![row], tolerance, $"attentions of row {row}");
            }
        }
    }
}
