using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.Kernels;
using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Models.Tests.Kernels;

/// <summary>Attention by blocks of rows against the plain one in float64.</summary>
public class AttentionRowsTests
{
    private static readonly torch.jit.CompilationUnit Scripts = torch.jit.compile(LayerScripts.Source);

    [SkippableTheory]
    [InlineData(20, 16)]
    [InlineData(3, 24)]
    [InlineData(2, 32)]
    [InlineData(2, 64)]
    [InlineData(2, 40)]
    [InlineData(3, 12)]
    [InlineData(2, 6)]
    public void Should_equal_the_plain_attention_and_its_gradient(int heads, int headWidth)
    {
        Skip.IfNot(AttentionRows.Serves(torch.zeros(1)), "no 512-bit vectors on this machine");
        using var scope = torch.NewDisposeScope();
        int[] lengths = [67, 33, 32, 17, 16, 9, 2, 1];
        var (x, layout) = Batch(lengths, heads * headWidth);
        var expected = Both(new(Scripts, heads, plain: true), [.. x.Select(t => t.to(torch.float64))], layout);
        foreach (var (dtype, tolerance) in new[] { (torch.float32, 3e-5), (torch.bfloat16, 3e-2) })
        {
            var rounded = x.Select(t => t.to(dtype)).ToArray();
            var wanted = dtype == torch.float32
                ? expected : Both(new(Scripts, heads, plain: true), [.. rounded.Select(t => t.to(torch.float64))], layout);
            var actual = Both(new(Scripts, heads), rounded, layout);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.Equal(dtype, actual[i].dtype);
                Close.Require(wanted[i], actual[i], tolerance, $"{Names[i]} with {heads} heads of {headWidth} in {dtype}");
            }
        }
    }

    [SkippableFact]
    public void Should_not_depend_on_the_number_of_threads()
    {
        Skip.IfNot(AttentionRows.Serves(torch.zeros(1)), "no 512-bit vectors on this machine");
        using var scope = torch.NewDisposeScope();
        var (x, layout) = Batch([70, 41, 3], 4 * 24);
        var before = torch.get_num_threads();
        try
        {
            torch.set_num_threads(1);
            var one = Both(new(Scripts, 4), x, layout);
            torch.set_num_threads(3);
            var three = Both(new(Scripts, 4), x, layout);
            for (var i = 0; i < one.Length; i++)
            {
                Close.RequireSame(one[i], three[i], Names[i]);
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Should_keep_what_is_not_finite_visible(float bad)
    {
        Skip.IfNot(AttentionRows.Serves(torch.zeros(1)), "no 512-bit vectors on this machine");
        using var scope = torch.NewDisposeScope();
        var (x, layout) = Batch([20, 5], 2 * 16);
        foreach (var place in new[] { 0, 1, 2 })
        {
            var broken = x.Select(t => t.clone()).ToArray();
            broken[place][3, 4] = bad;
            var all = Both(new(Scripts, 2), broken, layout);
            Assert.False(all[0].narrow(0, 0, 20).isfinite().all().item<bool>());
            Assert.True(all[0].narrow(0, 20, 5).isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void Should_run_every_part_once_and_hand_on_what_one_throws()
    {
        foreach (var parts in new[] { 0, 1, 2, 7 })
        {
            var seen = new int[parts];
            ComputeThreads.Run(parts, part => Interlocked.Increment(ref seen[part]));
            Assert.All(seen, count => Assert.Equal(1, count));
        }

        var thrown = Assert.ThrowsAny<Exception>(() => ComputeThreads.Run(3, part =>
        {
            if (part == 1)
            {
                throw new InvalidOperationException("part 1");
            }
        }));
        Assert.Contains("part 1", $"{thrown}", StringComparison.Ordinal);
    }

    private static readonly string[] Names = ["context", "gradient of queries", "gradient of keys", "gradient of values"];

    // Context, and gradients of queries, keys and values.
    private static torch.Tensor[] Both(SequenceAttention attention, torch.Tensor[] x, Esm2Layout layout)
    {
        using var noGrad = torch.no_grad();
        var (context, kept) = attention.Forward(x[0], x[1], x[2], layout);
        using var tape = new LayerTape { Input = x[0].clone(), Projected = (x[0], x[1], x[2]), Context = context, Attention = kept };
        var (q, k, v) = attention.Backward(x[3], tape, layout);
        Array.ForEach(kept, tensor => tensor.Dispose());
        return [context, q, k, v];
    }

    private static (torch.Tensor[] QueryKeyValueGradient, Esm2Layout Layout) Batch(int[] lengths, int width)
    {
        var generator = new torch.Generator(11);
        var tokens = PackedTokens.From([.. lengths.Select(length => Enumerable.Repeat(5, length).ToArray())]);
        using var frequencies = RotaryPositions.InverseFrequencies(4);
        var x = Enumerable.Range(0, 4).Select(_ => torch.randn(lengths.Sum(), width, generator: generator) * Held.Of(1.5)).ToArray();
        return (x, new Esm2Layout(tokens, [frequencies], torch.ScalarType.Float32));
    }
}
