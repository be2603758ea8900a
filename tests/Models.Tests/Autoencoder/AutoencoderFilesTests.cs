using Ism.Models.Autoencoder;

namespace Ism.Models.Tests.Autoencoder;

public sealed class AutoencoderFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-autoencoder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_load_what_it_saved_to_the_last_bit(bool decoder)
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny with { Decoder = decoder }, 4);
        var identity = model.Save(_folder);
        Assert.Equal(identity, AtomicAutoencoder.IdentityOf(_folder));
        using var loaded = AtomicAutoencoder.Load(_folder);
        Assert.Equal(model.Shape, loaded.Shape);
        Assert.Equal(model.Parameters.Select(p => p.Name), loaded.Parameters.Select(p => p.Name));
        foreach (var (saved, read) in model.Parameters.Zip(loaded.Parameters))
        {
            Close.RequireSame(saved.Tensor, read.Tensor, saved.Name);
            Assert.True(read.Tensor.requires_grad);
        }

        var environments = Enumerable.Range(0, 40).Select(i => SyntheticEnvironments.Cloud((ulong)i, i)).ToArray();
        var expected = new EnvironmentEncoder(model, 5000).Embed(environments);
        Assert.Equal(expected.Values.ToArray(), new EnvironmentEncoder(loaded, 5000).Embed(environments).Values.ToArray());
        Assert.Equal(identity, loaded.Save(_folder));
    }

    [Fact]
    public void Should_refuse_weights_of_another_shape_or_damaged_ones()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 4);
        model.Save(_folder);
        var about = Path.Combine(_folder, AtomicAutoencoder.ShapeFile);
        var text = File.ReadAllText(about);
        File.WriteAllText(about, text.Replace("\"pairWidth\": 16", "\"pairWidth\": 24", StringComparison.Ordinal));
        Assert.Contains("heads.pair_first.weight", Message(), StringComparison.Ordinal);
        File.WriteAllText(about, text.Replace("\"layers\": 2", "\"layers\": 3", StringComparison.Ordinal));
        Assert.Contains("encoder.", Message(), StringComparison.Ordinal);
        File.WriteAllText(about, text.Replace("\"heads\": 4", "\"heads\": 5", StringComparison.Ordinal));
        Assert.Contains("Heads 5", Message(), StringComparison.Ordinal);
        File.WriteAllText(about, text);
        var weights = Path.Combine(_folder, AtomicAutoencoder.WeightsFile);
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("SHA-256", Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_embed_in_the_order_given_whatever_the_groups()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 4);
        var environments = new[] { 30, 0, 12, 55, 12 }.Select((n, i) => SyntheticEnvironments.Cloud((ulong)i, n)).ToArray();
        var together = new EnvironmentEncoder(model).Embed(environments);
        for (var i = 0; i < environments.Length; i++)
        {
            var alone = new EnvironmentEncoder(model).Embed([environments[i]]).Values.ToArray();
            Assert.All(alone.Zip(together.Row(i).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }

        Assert.Equal(0, new EnvironmentEncoder(model).Embed([]).Count);
        Assert.All(together.Row(1).ToArray(), value => Assert.Equal(0, value));
    }

    private string Message() => Assert.Throws<InvalidDataException>(() => AtomicAutoencoder.Load(_folder)).Message;
}
