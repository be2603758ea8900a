using Ism.Models.Esm2;
using Ism.Models.Kernels;
using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Tests.Kernels;

/// <summary>Every kernel against libtorch in float64, for widths that do and do not fill vectors, on one thread and several.</summary>
public class KernelTests
{
    private static readonly torch.Generator Generator = new(7);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(53)]
    [InlineData(200)]
    public void Should_compute_softmax_and_its_gradient(int width)
    {
        using var scope = torch.NewDisposeScope();
        var x = Normal(3, 5, width) * Held.Of(6);
        var g = Normal(3, 5, width);
        var reference = x.to(torch.float64).requires_grad_(true);
        var expected = (reference * Held.Of(0.25)).softmax(-1);
        torch.autograd.backward([expected], [g.to(torch.float64)]);
        foreach (var (dtype, tolerance) in Both(2e-6, 8e-3))
        {
            var weights = x.to(dtype).contiguous().clone();
            var reduced = x.to(dtype).to(torch.float64);
            SoftmaxRows.Forward(weights, 0.25);
            Close.Require((reduced * Held.Of(0.25)).softmax(-1), weights.to(torch.float64), tolerance, $"softmax of {width} in {dtype}");
            var gradient = g.to(dtype).clone();
            SoftmaxRows.Backward(gradient, weights, 0.25);
            Close.Require(reference.grad!, gradient.to(torch.float64), 8 * tolerance, $"its gradient in {dtype}");
        }
    }

    [Fact]
    public void Should_keep_what_is_not_finite_visible()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            var x = Normal(2, 19);
            x[1, 17] = bad;
            SoftmaxRows.Forward(x, 1);
            Assert.True(x[0].isfinite().all().item<bool>());
            Assert.True(x[1].isnan().any().item<bool>());
            var h = Normal(2, 19).to(torch.bfloat16);
            h[1, 17] = bad;
            var y = GeluRows.Forward(h, torch.zeros(19));
            Assert.False(y.isfinite().all().item<bool>());
        }
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(130, 67)]
    public void Should_compute_gelu_of_a_biased_row_and_its_gradient(int rows, int width)
    {
        using var scope = torch.NewDisposeScope();
        var (x, bias, g) = (Normal(rows, width) * Held.Of(3), Normal(width), Normal(rows, width));
        foreach (var (dtype, tolerance) in Both(2e-6, 1e-2))
        {
            var reference = (x.to(dtype).to(torch.float64) + bias.to(torch.float64)).detach().requires_grad_(true);
            var expected = torch.nn.functional.gelu(reference);
            torch.autograd.backward([expected], [g.to(torch.float64)]);
            var saved = x.to(dtype).clone();
            var y = GeluRows.Forward(saved, bias);
            Close.Require(expected.detach(), y.to(torch.float64), tolerance, $"gelu in {dtype}");
            var gradient = g.to(dtype).clone();
            GeluRows.Backward(gradient, saved, true, null!);
            Close.Require(reference.grad!, gradient.to(torch.float64), 2 * tolerance, $"its gradient in {dtype}");
        }
    }

    [Theory]
    [InlineData(2, 16)]
    [InlineData(3, 24)]
    [InlineData(2, 6)]
    public void Should_rotate_and_rotate_back(int heads, int headWidth)
    {
        using var scope = torch.NewDisposeScope();
        var (x, bias) = (Normal(9, heads * headWidth), Normal(heads * headWidth));
        var (cos, sin) = RotaryPositions.Tables(torch.arange(Held.Of(9)), RotaryPositions.InverseFrequencies(headWidth), torch.float64);
        var half = headWidth / 2;
        var (c, s) = (cos.narrow(1, 0, half).to(torch.float32).contiguous(), sin.narrow(1, half, half).to(torch.float32).contiguous());
        foreach (var (dtype, tolerance) in Both(2e-6, 1.5e-2))
        {
            var biased = x.to(dtype).to(torch.float64) + bias.to(torch.float64);
            var rotated = x.to(dtype).clone();
            RotaryRows.Rotate(rotated, c, s, bias, back: false);
            var expected = RotaryPositions.Rotate(biased.view(9, heads, headWidth), cos.unsqueeze(1), sin.unsqueeze(1)).view(9, -1);
            Close.Require(expected, rotated.to(torch.float64), tolerance, $"rotation in {dtype}");
            RotaryRows.Rotate(rotated, c, s, null, back: true);
            Close.Require(biased, rotated.to(torch.float64), 2 * tolerance, $"and back in {dtype}");
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(129, 70)]
    [InlineData(3000, 64)]
    public void Should_add_up_columns(int rows, int width)
    {
        using var scope = torch.NewDisposeScope();
        var (x, start) = (Normal(rows, width), Normal(width));
        foreach (var (dtype, _) in Both(0, 0))
        {
            var sums = start.clone();
            ColumnSums.AddTo(sums, x.to(dtype));
            Close.Require(start.to(torch.float64) + x.to(dtype).to(torch.float64).sum(dim: 0), sums.to(torch.float64), 1e-4, $"sums in {dtype}");
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(129, 1001)]
    public void Should_add_to_sums(int rows, int width)
    {
        using var scope = torch.NewDisposeScope();
        var (x, start) = (Normal(rows, width), Normal(rows, width));
        foreach (var (dtype, _) in Both(0, 0))
        {
            var sums = start.clone();
            RowSums.Add(sums, x.to(dtype));
            Close.RequireSame(start + x.to(dtype).to(torch.float32), sums, $"sums in {dtype}");
        }
    }

    [Fact]
    public void Should_not_depend_on_the_number_of_threads()
    {
        using var scope = torch.NewDisposeScope();
        var before = torch.get_num_threads();
        try
        {
            var x = Normal(1000, 300);
            var results = new[] { 1, 3 }.Select(threads =>
            {
                torch.set_num_threads(threads);
                var (sums, weights, hidden) = (torch.zeros(300), x.clone(), x.clone());
                ColumnSums.AddTo(sums, x);
                SoftmaxRows.Forward(weights, 0.5);
                return (sums, weights, GeluRows.Forward(hidden, sums), hidden);
            }).ToArray();
            Close.RequireSame(results[0].sums, results[1].sums, "sums");
            Close.RequireSame(results[0].weights, results[1].weights, "softmax");
            Close.RequireSame(results[0].Item3, results[1].Item3, "gelu");
            Close.RequireSame(results[0].hidden, results[1].hidden, "slope");
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    private static torch.Tensor Normal(params long[] shape) => torch.randn(shape, generator: Generator);

    private static (torch.ScalarType Dtype, double Tolerance)[] Both(double single, double half) =>
        [(torch.ScalarType.Float32, single), (torch.ScalarType.BFloat16, half)];
}
