using System.Text.Json;
using Ism.Models.Serialization;
using Ism.Models.Training;
using Ism.Tests;
using TorchSharp;

namespace Ism.Models.Tests.Training;

public class OptimizerGoldenTests
{
    [SkippableTheory]
    [InlineData("f64", 1e-13)]
    [InlineData("f32", 1e-6)]
    public void Should_match_every_update_and_moment(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var golden = SafeTensorsFile.Load(ReferenceData.GoldenPath("adamw_step.safetensors"));
        using var meta = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.GoldenPath("adamw_step.json")));
        var root = meta.RootElement;
        var rates = root.GetProperty("lr_per_step").EnumerateArray().Select(rate => rate.GetDouble()).ToArray();
        var betas = root.GetProperty("betas");
        var options = new AdamWOptions
        {
            Beta1 = betas[0].GetDouble(),
            Beta2 = betas[1].GetDouble(),
            Epsilon = root.GetProperty("eps").GetDouble(),
            WeightDecay = root.GetProperty("weight_decay").GetDouble(),
        };
        string[] names = [.. Names(golden, $"{precision}.grad1.")];
        using var flat = new FlatParameters(
            [.. names.Select(name => new NamedParameter(name, golden[$"{precision}.param0.{name}"].clone().requires_grad_(true)))]);
        using var optimizer = new AdamW(flat, options);
        for (var step = 1; step <= rates.Length; step++)
        {
            flat.ZeroGradients();
            foreach (var slot in flat.Slots)
            {
                FlatParameters.View(flat.Gradients, slot).copy_(golden[$"{precision}.grad{step}.{slot.Name}"]);
            }

            optimizer.Step(rates[step - 1]);
            foreach (var slot in flat.Slots)
            {
                Require("param", flat.Values);
                Require("exp_avg", optimizer.Mean);
                Require("exp_avg_sq", optimizer.MeanOfSquares);

                void Require(string what, torch.Tensor buffer) => Close.Require(
                    golden[$"{precision}.{what}{step}.{slot.Name}"], FlatParameters.View(buffer, slot), tolerance,
                    $"{what} of {slot.Name} after step {step}");
            }
        }
    }

    [SkippableTheory]
    [InlineData("f64", 1e-13)]
    [InlineData("f32", 1e-6)]
    public void Should_match_clipping_by_the_global_norm(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var golden = SafeTensorsFile.Load(ReferenceData.GoldenPath("adamw_step.safetensors"));
        using var meta = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.GoldenPath("adamw_step.json")));
        string[] names = [.. Names(golden, $"{precision}.clipped.")];
        var flat = torch.cat([.. names.Select(name => golden[$"{precision}.grad1.{name}"].flatten())]);
        var norm = GlobalNorm.Of(flat);
        var expected = meta.RootElement.GetProperty($"clip_total_norm_{precision}").GetDouble();
        Assert.Equal(expected, norm, expected * tolerance);
        GlobalNorm.Clip(flat, norm, meta.RootElement.GetProperty("clip_max_norm").GetDouble());
        Close.Require(torch.cat([.. names.Select(name => golden[$"{precision}.clipped.{name}"].flatten())]), flat, tolerance, "clipped");
    }

    [SkippableFact]
    public void Should_match_every_learning_rate()
    {
        using var meta = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.GoldenPath("lr_schedule.json")));
        foreach (var given in meta.RootElement.GetProperty("cases").EnumerateArray())
        {
            var schedule = new CosineSchedule(
                given.GetProperty("base").GetDouble(), given.GetProperty("warm").GetInt64(), given.GetProperty("total").GetInt64());
            var t = 0;
            foreach (var rate in given.GetProperty("lr").EnumerateArray())
            {
                Assert.Equal(rate.GetDouble(), schedule.At(t++), 1e-15 * schedule.BaseRate);
            }
        }
    }

    private static IEnumerable<string> Names(IReadOnlyDictionary<string, torch.Tensor> golden, string prefix) =>
        golden.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]).Order();
}
