using Ism.Models.Esm2;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using Ism.Tests;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Models.Tests.Esm2;

public class Esm2GoldenUnitTests
{
    [SkippableTheory]
    [InlineData("f64", 1e-12)]
    [InlineData("f32", 1e-5)]
    public void Should_rotate_queries_and_keys(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var cases = SafeTensorsFile.Load(ReferenceData.GoldenPath("rope.safetensors"));
        var suffix = $".{precision}.inv_freq";
        var widths = cases.Keys.Where(name => name.EndsWith(suffix, StringComparison.Ordinal)).Select(name => name.Split('.')[0]);
        Assert.NotEmpty(widths);
        foreach (var width in widths.ToList())
        {
            var at = $"{width}.{precision}";
            foreach (var rounded in (string[])["", "fp16_inv_freq"])
            {
                var frequencies = rounded == "" ? $"{at}.inv_freq" : $"{at}.{rounded}";
                if (!cases.TryGetValue(frequencies, out var inverse))
                {
                    continue;
                }

                var positions = torch.arange(Held.Of(cases[$"{at}.q"].shape[1]));
                var (cos, sin) = RotaryPositions.Tables(positions, inverse, TinyEsm2.Dtype(precision));
                foreach (var name in (string[])["q", "k"])
                {
                    var expected = cases[rounded == "" ? $"{at}.{name}_rot" : $"{at}.{rounded}.{name}_rot"];
                    var rotated = RotaryPositions.Rotate(cases[$"{at}.{name}"], cos, sin);
                    Close.Require(expected, rotated, tolerance, $"{frequencies} {name}");
                }

                if (rounded == "")
                {
                    Close.Require(cases[$"{at}.cos"], cos, tolerance, $"{at}.cos");
                    Close.Require(cases[$"{at}.sin"].abs(), sin.abs(), tolerance, $"{at}.sin");
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData("f64", 1e-14)]
    [InlineData("f32", 1e-6)]
    public void Should_use_the_gelu_of_the_error_function(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var cases = SafeTensorsFile.Load(ReferenceData.GoldenPath("gelu.safetensors"));
        var x = cases[$"{precision}.x"].requires_grad_();
        var y = functional.gelu(x);
        y.sum().backward();
        Close.Require(cases[$"{precision}.gelu_erf"], y, tolerance, "gelu");
        Close.Require(cases[$"{precision}.gelu_erf_grad"], x.grad!, tolerance, "gelu's gradient");
    }

    [SkippableTheory]
    [InlineData("f64", 1e-9)]
    [InlineData("f32", 2e-4)]
    public void Should_normalise_layers_with_gradients(string precision, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        using var file = SafeTensorsFile.Open(ReferenceData.GoldenPath("layernorm.safetensors"));
        var epsilon = double.Parse(file.Metadata["eps"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(new Esm2Config(1, 2, 1).LayerNormEpsilon, epsilon);
        var inputs = file.Tensors.Keys.Where(name => name.EndsWith($".{precision}.x", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(inputs);
        foreach (var at in inputs.ConvertAll(name => name[..^2]))
        {
            var x = file.Read($"{at}.x").requires_grad_();
            var (weight, bias) = (file.Read($"{at}.weight").requires_grad_(), file.Read($"{at}.bias").requires_grad_());
            var y = functional.layer_norm(x, [weight.shape[0]], weight, bias, epsilon);
            (y * file.Read($"{at}.upstream")).sum().backward();
            Close.Require(file.Read($"{at}.y"), y, tolerance, $"{at}.y");
            Close.Require(file.Read($"{at}.grad_x"), x.grad!, tolerance, $"{at}.grad_x");
            Close.Require(file.Read($"{at}.grad_weight"), weight.grad!, tolerance, $"{at}.grad_weight");
            Close.Require(file.Read($"{at}.grad_bias"), bias.grad!, tolerance, $"{at}.grad_bias");
        }
    }
}
