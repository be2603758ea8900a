using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Tests.Esm2.Layers;

/// <summary>The written-out layers against the same layers under autograd.</summary>
public class LayerStackTests
{
    private static readonly int[][] Sequences =
        [.. new[] { 17, 9, 9, 30, 2 }.Select((length, s) => Enumerable.Range(0, length).Select(i => 4 + ((i + s) * 7 % 20)).ToArray())];

    public LayerStackTests() => torch.set_num_threads(1);

    [Theory]
    [InlineData(torch.ScalarType.Float64, 0, 1e-11)]
    [InlineData(torch.ScalarType.Float32, 0, 2e-4)]
    [InlineData(torch.ScalarType.Float32, 1, 2e-4)]
    [InlineData(torch.ScalarType.Float64, 2, 1e-11)]
    public void Should_equal_autograd(torch.ScalarType dtype, int checkpointEvery, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var (expected, expectedInput, expectedGradients) = UnderAutograd(dtype);
        var (output, input, gradients, order) = WrittenOut(dtype, new() { CheckpointEvery = checkpointEvery });
        Close.Require(expected, output, tolerance, "hidden states");
        Close.Require(expectedInput, input, tolerance, "gradient of the embeddings");
        foreach (var (name, gradient) in expectedGradients)
        {
            Close.Require(gradient, gradients[name], tolerance, $"gradient of {name}");
        }

        Assert.Equal([2, 1, 0], order);
    }

    [Fact]
    public void Should_give_the_same_bits_with_and_without_checkpoints()
    {
        using var scope = torch.NewDisposeScope();
        foreach (torch.ScalarType? dtype in new torch.ScalarType?[] { null, torch.ScalarType.BFloat16 })
        {
            var all = WrittenOut(torch.ScalarType.Float32, new() { Dtype = dtype });
            foreach (var every in new[] { 1, 2 })
            {
                var some = WrittenOut(torch.ScalarType.Float32, new() { Dtype = dtype, CheckpointEvery = every });
                Close.RequireSame(all.Output, some.Output, "hidden states");
                foreach (var (name, gradient) in all.Gradients)
                {
                    Close.RequireSame(gradient, some.Gradients[name], $"gradient of {name}");
                }
            }
        }
    }

    [Fact]
    public void Should_stay_within_the_precision_of_bfloat16()
    {
        using var scope = torch.NewDisposeScope();
        var (expected, _, expectedGradients) = UnderAutograd(torch.ScalarType.Float64);
        var (output, _, gradients, _) = WrittenOut(torch.ScalarType.Float32, new() { Dtype = torch.ScalarType.BFloat16 });
        Assert.True(Apart(expected, output) is > 1e-5 and < 2e-2, $"hidden states are {Apart(expected, output)} apart");
        foreach (var (name, gradient) in expectedGradients)
        {
            // A key's bias has no gradient but rounding: softmax does not see what is added to all scores of a row.
            if (!name.EndsWith("k_proj.bias", StringComparison.Ordinal))
            {
                Assert.True(Apart(gradient, gradients[name]) < 4e-2, $"gradient of {name} is {Apart(gradient, gradients[name])} apart");
            }
        }
    }

    [Fact]
    public void Should_take_over_changed_weights_when_asked()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float32);
        using var tokens = PackedTokens.From(Sequences);
        using var layout = model.Layout(tokens);
        using var stack = new LayerStack(model, new() { Dtype = torch.ScalarType.BFloat16 });
        var x = model.Embed(tokens).detach();
        var before = Output();
        using (torch.no_grad())
        {
            model.Tensor("layers.1.fc2.weight").mul_(Held.Of(2));
        }

        Close.RequireSame(before, Output(), "before the refresh");
        stack.Refresh();
        Assert.False(before.equal(Output()).all().item<bool>());

        torch.Tensor Output()
        {
            using var pass = stack.Forward(x, layout);
            return pass.Output.clone();
        }
    }

    private static double Apart(torch.Tensor expected, torch.Tensor actual) =>
        ((expected - actual.to(torch.float64)).norm() / expected.norm()).item<double>();

    private static Esm2Model Model(torch.ScalarType dtype) => Esm2Initialization.Random(new(3, 48, 4), 5, dtype);

    private static (torch.Tensor Output, torch.Tensor Input, Dictionary<string, torch.Tensor> Gradients) UnderAutograd(torch.ScalarType dtype)
    {
        var model = Model(dtype);
        using var tokens = PackedTokens.From(Sequences);
        using var layout = model.Layout(tokens);
        var input = model.Embed(tokens).detach().requires_grad_(true);
        var x = input;
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            x = model.Layer(layer, x, layout);
        }

        torch.autograd.backward([x], [Upstream(x)]);
        return (x.detach(), input.grad!, LayerGradients(model));
    }

    private static (torch.Tensor Output, torch.Tensor Input, Dictionary<string, torch.Tensor> Gradients, List<int> Order) WrittenOut(
        torch.ScalarType dtype, LayerStackOptions options)
    {
        var model = Model(dtype);
        using var tokens = PackedTokens.From(Sequences);
        using var layout = model.Layout(tokens);
        using var stack = new LayerStack(model, options);
        using var pass = stack.Forward(model.Embed(tokens), layout);
        var order = new List<int>();
        var input = pass.Backward(Upstream(pass.Output), order.Add);
        return (pass.Output.clone(), input, LayerGradients(model), order);
    }

    private static torch.Tensor Upstream(torch.Tensor output) =>
        torch.randn(output.shape, dtype: torch.float64, generator: new torch.Generator(3)).to(
            output.dtype == torch.ScalarType.BFloat16 ? torch.ScalarType.Float32 : output.dtype);

    private static Dictionary<string, torch.Tensor> LayerGradients(Esm2Model model) =>
        model.Parameters.Where(p => p.Name.StartsWith("layers.", StringComparison.Ordinal)).ToDictionary(p => p.Name, p => p.Tensor.grad!);
}
