using Ism.Models.Autoencoder;
using Ism.Models.Numerics;
using Ism.Structures.Numerics;
using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Autoencoder;

public class GraphEncoderTests
{
    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-4)]
    public void Should_not_see_rotation_translation_or_reflection(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 3, dtype);
        var clouds = Enumerable.Range(0, 5).Select(i => SyntheticEnvironments.Cloud((ulong)i, 20 + (7 * i))).ToArray();
        using var batch = new AtomBatch(clouds, dtype);
        using var expected = Embedding(model, batch);
        for (var turn = 0; turn < 4; turn++)
        {
            // Moved in the model's own dtype: rounding the moved coordinates to float32 would change the distances by more.
            var reflection = turn >= 2 ? diag(tensor(new[] { 1.0, 1, -1 })) : eye(3, dtype: ScalarType.Float64);
            var motion = Rotation((ulong)turn).matmul(reflection).to(dtype);
            var shift = tensor(new[] { 3.0, -7, 11 }).to(dtype) * Held.Of(turn);
            using var moved = new AtomBatch(clouds, dtype);
            moved.Coordinates.copy_(batch.Coordinates.matmul(motion.transpose(0, 1)) + shift);
            AssertClose(expected, Embedding(model, moved), tolerance);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-4)]
    public void Should_not_see_the_order_of_atoms(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 3, dtype);
        var cloud = SyntheticEnvironments.Cloud(1, 41);
        using var batch = new AtomBatch([cloud], dtype);
        using var expected = Embedding(model, batch);
        for (ulong key = 0; key < 4; key++)
        {
            var order = Enumerable.Range(0, cloud.Count).ToArray();
            new CounterRandom(key).Shuffle<int>(order);
            using var shuffled = new AtomBatch([Reordered(cloud, order)], dtype);
            AssertClose(expected, Embedding(model, shuffled), tolerance);
        }
    }

    [Fact]
    public void Should_see_distances_and_elements()
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 3, ScalarType.Float64);
        var cloud = SyntheticEnvironments.Cloud(1, 41);
        var stretched = cloud with { Coordinates = [.. cloud.Coordinates.Select(x => 1.2f * x)] };
        var exchanged = cloud with { Elements = [.. cloud.Elements.Select(x => (byte)((x + 1) % 7))] };
        using var batch = new AtomBatch([cloud, stretched, exchanged], ScalarType.Float64);
        var z = Embedding(model, batch);
        Assert.True((z[0] - z[1]).abs().max().item<double>() > 1e-3);
        Assert.True((z[0] - z[2]).abs().max().item<double>() > 1e-3);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-4)]
    public void Should_not_change_with_padding_or_neighbours_in_the_batch(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 3, dtype);
        var clouds = new[] { 1, 30, 2, 64, 17, 0 }.Select((n, i) => SyntheticEnvironments.Cloud((ulong)i, n)).ToArray();
        using var together = new AtomBatch(clouds, dtype);
        var expected = Embedding(model, together);
        for (var i = 0; i < clouds.Length; i++)
        {
            using var alone = new AtomBatch([clouds[i]], dtype);
            AssertClose(expected[i].unsqueeze(0), Embedding(model, alone), tolerance);
        }
    }

    [Fact]
    public void Should_begin_with_heads_that_tell_near_atoms_from_far_ones()
    {
        // Attention is the softmax of these: within a range of a few nats every head would see all distances about alike.
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(new AutoencoderShape(), 3);
        var biases = model.Parameters.Single(p => p.Name == "encoder.distance.weight").Tensor.detach();
        var ranges = biases.amax([1L]) - biases.amin([1L]);
        Assert.True(ranges.min().item<float>() > 5);
    }

    [Fact]
    public void Should_give_an_empty_environment_the_zero_embedding()
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 3);
        using var batch = new AtomBatch(
            [SyntheticEnvironments.Cloud(0, 0), SyntheticEnvironments.Cloud(1, 0)], ScalarType.Float32);
        var z = Embedding(model, batch);
        Assert.Equal(0, z.abs().max().item<float>());
    }

    [Fact]
    public void Should_make_the_same_first_weights_from_the_same_seed_in_both_dtypes()
    {
        using var scope = NewDisposeScope();
        using var single = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 9);
        using var again = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 9, ScalarType.Float64);
        using var other = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 10);
        Assert.Contains(single.Parameters, parameter => parameter.Name == "encoder.layers.0.attn.qkv.weight");
        foreach (var (a, b) in single.Parameters.Zip(again.Parameters))
        {
            Assert.Equal(a.Name, b.Name);
            Assert.True(a.Tensor.allclose(b.Tensor.to(ScalarType.Float32), 0, 0), a.Name);
        }

        var qkv = (AtomicAutoencoder model) => model.Parameters.Single(p => p.Name == "encoder.layers.0.attn.qkv.weight").Tensor;
        Assert.False(qkv(single).allclose(qkv(other)));
    }

    private static Tensor Embedding(AtomicAutoencoder model, AtomBatch batch)
    {
        using var grad = no_grad();
        return model.Encoder.Forward(batch).Embedding;
    }

    private static Microenvironment Reordered(Microenvironment cloud, int[] order) => cloud with
    {
        Elements = [.. order.Select(i => cloud.Elements[i])],
        Coordinates = [.. order.SelectMany(i => cloud.Coordinates[(3 * i)..((3 * i) + 3)])],
    };

    private static Tensor Rotation(ulong key)
    {
        var random = new CounterRandom(key, 4);
        var values = Enumerable.Range(0, 9).Select(_ => random.NextGaussian()).ToArray();
        var (q, _) = linalg.qr(tensor(values, [3, 3]));
        return q * linalg.det(q).sign();
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        var difference = (expected - actual).abs().max().to(ScalarType.Float64).item<double>();
        Assert.True(difference <= tolerance, $"differs by {difference:e2}, more than {tolerance:e0}");
    }
}
