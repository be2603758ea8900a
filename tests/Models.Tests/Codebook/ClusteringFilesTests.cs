using Ism.Models.Codebook;

namespace Ism.Models.Tests.Codebook;

public sealed class ClusteringFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-clustering-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Should_keep_embeddings_also_of_a_chunk_whose_structures_are_all_refused(int points)
    {
        const int width = 4;
        var path = EmbeddingsFile.PathOf(_folder, 7);
        var values = Enumerable.Range(0, points * width).Select(i => (float)i).ToArray();
        new EmbeddingsFile(new Embeddings(values, width), points, 2, "[\"why\"]").Save(path);
        var read = EmbeddingsFile.Load(path);
        Assert.Equal(values, read.Points.Values.ToArray());
        Assert.Equal((points, width), (read.Points.Count, read.Points.Width));
        Assert.Equal((points, 2, "[\"why\"]"), (read.Structures, read.Quarantined, read.Quarantine));

        var centroids = new Centroids([0, 0, 0, 0, 9, 9, 9, 9], width);
        var partial = KMeansPartial.Of(read.Points, centroids);
        ClusteringFiles.SavePartial(Path.Combine(_folder, "partial"), partial);
        Assert.Equal(points, ClusteringFiles.LoadPartial(Path.Combine(_folder, "partial")).Points);
    }
}
