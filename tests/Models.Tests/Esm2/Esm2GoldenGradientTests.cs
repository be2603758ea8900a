using System.Text.Json;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using Ism.Tests;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public class Esm2GoldenGradientTests
{
    [SkippableTheory]
    [InlineData("f64", 1e-10)]
    [InlineData("f32", 1e-4)]
    public void Should_match_masked_language_loss_and_every_gradient(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var expected = SafeTensorsFile.Load(ReferenceData.GoldenPath($"esm2_mlm_grads_{precision}.safetensors"));
        using var masking = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.GoldenPath("esm2_mlm_masking.json")));
        var results = masking.RootElement.GetProperty("results").GetProperty(precision);
        using var model = TinyEsm2.Model(TinyEsm2.Dtype(precision));
        var rows = Matrix(masking.RootElement, "tokens_after");
        using var tokens = TinyEsm2.Pack(rows);
        var labels = TinyEsm2.Pack(Matrix(masking.RootElement, "labels"), tokens.Lengths);

        // Logits only at the chosen positions, as a training step computes them.
        using var layout = model.Layout(tokens);
        var chosen = labels.ne(Held.Of(masking.RootElement.GetProperty("label_ignore").GetInt64())).nonzero().squeeze(1);
        var hidden = model.Represent(tokens, layout).index_select(0, chosen);
        var losses = torch.nn.functional.cross_entropy(
            model.Logits(hidden), labels.index_select(0, chosen), reduction: torch.nn.Reduction.None);
        var loss = losses.mean();
        loss.backward();

        Assert.Equal(results.GetProperty("count").GetInt64(), chosen.NumberOfElements);
        var mean = torch.tensor(results.GetProperty("loss_mean").GetDouble(), torch.float64);
        Close.Require(mean, loss, tolerance, "mean loss");
        Assert.Equal(expected.Keys.Order(), model.Parameters.Select(p => p.Name).Order());
        foreach (var (name, parameter) in model.Parameters)
        {
            Close.Require(expected[name], parameter.grad!, tolerance, $"gradient of {name}");
        }
    }

    private static torch.Tensor Matrix(JsonElement root, string name)
    {
        var rows = root.GetProperty(name).EnumerateArray()
            .Select(row => row.EnumerateArray().Select(id => id.GetInt64()).ToArray()).ToArray();
        return torch.tensor(rows.SelectMany(row => row).ToArray(), rows.Length, rows[0].Length);
    }
}
