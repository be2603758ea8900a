using Ism.Models.Codebook;

namespace Ism.Models.Tests.Codebook;

public sealed class StructureCodebookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-codebook-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_load_what_it_saved_to_the_last_bit()
    {
        var codebook = Example();
        codebook.Save(_folder);
        var loaded = StructureCodebook.Load(_folder);
        Assert.True(loaded.Centroids.SameAs(codebook.Centroids));
        Assert.Equal(codebook.Origin, loaded.Origin);
        using var assigner = new TokenAssigner(loaded);
        Assert.Equal(new ushort[] { 2, 0 }, assigner.Assign(new Embeddings(new[] { 9f, 9, 0, 1 }, 2)));
    }

    [Fact]
    public void Should_refuse_centroids_that_were_changed()
    {
        Example().Save(_folder);
        var path = Path.Combine(_folder, StructureCodebook.CentroidsFile);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var changed = Assert.Throws<InvalidDataException>(() => StructureCodebook.Load(_folder));
        Assert.Contains("SHA-256", changed.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, StructureCodebook.OriginFile), "{}");
        Assert.Throws<InvalidDataException>(() => StructureCodebook.Load(_folder));
    }

    private static StructureCodebook Example() => new(
        new Centroids([1 / 3.0, 0, 5, 5, 9, 9.1], 2),
        new CodebookOrigin { Encoder = "ab12", Inertia = 1.5, Points = 7, Iterations = 3, Converged = true, Seed = 9 });
}
