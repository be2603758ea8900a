using Ism.Models.Autoencoder;
using Ism.Models.Numerics;
using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Autoencoder;

/// <summary>The fused kernels against the encoder through torch.</summary>
public class FusedEncoderTests
{
    private static readonly int[] Sizes = [1, 15, 16, 17, 0, 33, 130, 8, 260, 64, 2, 700];

    [SkippableTheory]
    [InlineData(4, 128, 8, 2)]
    [InlineData(2, 64, 4, 2)]
    [InlineData(3, 96, 3, 3)]
    public void Should_embed_as_torch_does(int layers, int width, int heads, int ratio)
    {
        var shape = new AutoencoderShape { Layers = layers, Width = width, Heads = heads, FeedForwardRatio = ratio, LayerScale = 0.5 };
        using var model = new AtomicAutoencoder(shape, 7);
        Stir(model);
        using var plain = new EnvironmentEncoder(model, options: new() { Fused = false });
        using var fused = new EnvironmentEncoder(model);
        Skip.IfNot(fused.IsFused, "this CPU has no 512-bit vectors");
        var environments = Clouds();
        var (expected, actual) = (plain.Embed(environments), fused.Embed(environments));
        for (var e = 0; e < environments.Length; e++)
        {
            AssertClose(expected.Row(e), actual.Row(e), 2e-5, environments[e].Count);
        }
    }

    [SkippableFact]
    public void Should_give_the_same_bits_on_any_number_of_threads()
    {
        using var model = new AtomicAutoencoder(new AutoencoderShape { LayerScale = 0.5 }, 7);
        var environments = Clouds();
        float[]? first = null;
        foreach (var threads in (int[])[1, 2, 5])
        {
            using var encoder = new EnvironmentEncoder(model, options: new() { Threads = threads });
            Skip.IfNot(encoder.IsFused, "this CPU has no 512-bit vectors");
            first ??= encoder.Embed(environments).Values.ToArray();
            Assert.Equal(first, encoder.Embed(environments).Values.ToArray());
        }
    }

    [SkippableFact]
    public void Should_stay_near_float32_with_products_in_bfloat16()
    {
        using var model = new AtomicAutoencoder(new AutoencoderShape { LayerScale = 0.5 }, 7);
        Stir(model);
        using var single = new EnvironmentEncoder(model);
        Skip.IfNot(single.IsFused, "this CPU has no 512-bit vectors");
        using var half = new EnvironmentEncoder(model, options: new() { Precision = EncoderPrecision.BFloat16 });
        var environments = Clouds();
        var (expected, actual) = (single.Embed(environments), half.Embed(environments));
        for (var e = 0; e < environments.Length; e++)
        {
            AssertClose(expected.Row(e), actual.Row(e), 0.05, environments[e].Count);
        }
    }

    [Fact]
    public void Should_refuse_bfloat16_where_the_kernels_do_not_fit()
    {
        using var model = new AtomicAutoencoder(new AutoencoderShape { Width = 24, Heads = 3 }, 7);
        var error = Assert.Throws<ArgumentException>(
            () => new EnvironmentEncoder(model, options: new() { Precision = EncoderPrecision.BFloat16 }));
        Assert.Contains("head width 8", error.Message, StringComparison.Ordinal);
        Assert.Contains("fp32", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Should_leave_torch_the_threads_it_had()
    {
        using var model = new AtomicAutoencoder(new AutoencoderShape(), 7);
        var before = get_num_threads();
        using var encoder = new EnvironmentEncoder(model, options: new() { Threads = 3 });
        Skip.IfNot(encoder.IsFused, "this CPU has no 512-bit vectors");
        encoder.Embed(Clouds());
        Assert.Equal(before, get_num_threads());
    }

    private static Microenvironment[] Clouds() => [.. Sizes.Select((n, i) => SyntheticEnvironments.Cloud((ulong)i, n))];

    // First values of biases and norms are 0 and 1, which would hide a kernel that leaves them out.
    private static void Stir(AtomicAutoencoder model)
    {
        using var grad = no_grad();
        random.manual_seed(3);
        foreach (var parameter in model.Parameters.Where(p => p.Tensor.dim() == 1))
        {
            using var noise = randn_like(parameter.Tensor);
            parameter.Tensor.add_(noise, Held.Of(0.1));
        }
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, int atoms)
    {
        for (var c = 0; c < expected.Length; c++)
        {
            Assert.True(
                Math.Abs(expected[c] - actual[c]) <= tolerance, $"{atoms} atoms, channel {c}: {actual[c]} where torch has {expected[c]}");
        }
    }
}
