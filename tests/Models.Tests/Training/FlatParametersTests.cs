using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.Tests.Training;

public class FlatParametersTests
{
    [Fact]
    public void Should_keep_values_and_share_storage_both_ways()
    {
        using var scope = torch.NewDisposeScope();
        var (w, b) = Parameters();
        var before = (w.detach().clone(), b.detach().clone());
        using var flat = new FlatParameters([new("w", w), new("b", b)]);
        Close.RequireSame(before.Item1, w.detach(), "w");
        Close.RequireSame(before.Item2, b.detach(), "b");
        using (torch.no_grad())
        {
            flat.Values.add_(Held.Of(1));
        }

        Close.RequireSame(before.Item1 + Held.Of(1), w.detach(), "w after the buffer moved");
        Assert.True(w.is_leaf && w.requires_grad);
        Assert.Equal(["w", "b"], flat.Slots.Select(slot => slot.Name));
    }

    [Fact]
    public void Should_accumulate_gradients_in_place_over_backward_passes_and_zeroing()
    {
        using var scope = torch.NewDisposeScope();
        var (w, b) = Parameters();
        using var flat = new FlatParameters([new("w", w), new("b", b)]);
        var x = torch.randn(4, 5, dtype: torch.float64);
        for (var round = 0; round < 3; round++)
        {
            flat.ZeroGradients();
            for (var pass = 1; pass <= 2; pass++)
            {
                using var loss = (x.matmul(w.t()) + b).pow(Held.Of(2)).sum();
                loss.backward();
                flat.RequireViews();
            }

            var expected = Held.Of(4) * (x.matmul(w.detach().t()) + b.detach()).sum(dim: 0);
            Close.Require(expected, FlatParameters.View(flat.Gradients, flat.Slots[1]), 1e-12, "gradient of b over two passes");
        }
    }

    [Fact]
    public void Should_say_when_a_gradient_was_replaced()
    {
        using var scope = torch.NewDisposeScope();
        var (w, b) = Parameters();
        using var flat = new FlatParameters([new("w", w), new("b", b)]);
        b.grad = torch.ones_like(b);
        Assert.Contains("gradient of b", Assert.Throws<InvalidOperationException>(flat.RequireViews).Message);
    }

    [Fact]
    public void Should_refuse_parameters_that_cannot_be_trained_together()
    {
        using var scope = torch.NewDisposeScope();
        var (w, b) = Parameters();
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => new FlatParameters([new("w", w), new("w", b)])).Message);
        var frozen = torch.ones(2, dtype: torch.float64);
        Assert.Contains("frozen", Assert.Throws<ArgumentException>(
            () => new FlatParameters([new("w", w), new("frozen", frozen)])).Message);
        var single = torch.ones(2, dtype: torch.float32, requires_grad: true);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(
            () => new FlatParameters([new("w", w), new("single", single)])).Message);
        Assert.Throws<ArgumentException>(() => new FlatParameters([]));
    }

    private static (torch.Tensor W, torch.Tensor B) Parameters()
    {
        var generator = new torch.Generator(11);
        return (torch.randn([3, 5], dtype: torch.float64, generator: generator).requires_grad_(true),
            torch.randn([3], dtype: torch.float64, generator: generator).requires_grad_(true));
    }
}
