using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Models.Codebook;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class ChunkWorkerTests(FeaturizerWorkspace place) : IClassFixture<FeaturizerWorkspace>, IDisposable
{
    private readonly ChunkWorker _worker = new(place.Context);

    [Fact]
    public void Should_tokenise_twice_to_the_same_bytes()
    {
        var seen = new List<int>();
        var first = _worker.Run(place.Tokenising("tokens-a"), 0, seen.Add, CancellationToken.None);
        using var another = new ChunkWorker(place.Context);
        var second = another.Run(place.Tokenising("tokens-b"), 0, _ => { }, CancellationToken.None);

        Assert.Equal((FeaturizerWorkspace.ChunkSize, 0), (first.Structures, first.Quarantined));
        Assert.Equal(first with { Seconds = 0 }, second with { Seconds = 0 });
        Assert.Equal(
            File.ReadAllBytes(TokenFile.PathOf(place.Workspace.At("tokens-a"), 0)),
            File.ReadAllBytes(TokenFile.PathOf(place.Workspace.At("tokens-b"), 0)));
        Assert.Equal(FeaturizerWorkspace.ChunkSize, seen[^1]);
    }

    [Fact]
    public void Should_take_the_radius_that_the_autoencoder_was_made_for_whatever_the_job_says()
    {
        _worker.Run(place.Tokenising("tokens-own-radius"), 0, _ => { }, CancellationToken.None);
        var corpus = place.Context.Job.Corpus with { Radius = 5, MaxAtoms = 8 };
        using var context = new FeaturizerContext(place.Workspace, place.Context.Job with { Corpus = corpus });
        using var other = new ChunkWorker(context);
        other.Run(place.Tokenising("tokens-other-radius"), 0, _ => { }, CancellationToken.None);

        Assert.Equal(
            File.ReadAllBytes(TokenFile.PathOf(place.Workspace.At("tokens-own-radius"), 0)),
            File.ReadAllBytes(TokenFile.PathOf(place.Workspace.At("tokens-other-radius"), 0)));
    }

    [Fact]
    public void Should_quarantine_a_bad_file_with_its_reason_and_leave_the_others_unharmed()
    {
        var result = _worker.Run(place.Tokenising("tokens-bad"), 1, _ => { }, CancellationToken.None);

        using var file = TokenFile.Open(TokenFile.PathOf(place.Workspace.At("tokens-bad"), 1));
        Assert.Equal((3, 1), (result.Structures, result.Quarantined));
        var refused = Assert.Single(file.Quarantine);
        Assert.Equal("NotAStructure", refused.Reason);
        Assert.Contains("zz-garbage", refused.Name);
        Assert.NotEmpty(refused.Message);
        Assert.Equal(3, file.RowCount);
        Assert.Equal(result.Residues, Enumerable.Range(0, file.RowCount).Sum(file.Length));
        for (var row = 0; row < file.RowCount; row++)
        {
            Assert.All(file.Tokens(0, row).ToArray(), token => Assert.InRange(token, 0, FeaturizerWorkspace.Tokens - 1));
        }
    }

    [Fact]
    public void Should_embed_the_asked_number_of_residues_of_every_good_structure()
    {
        var work = place.Embedding("embeddings");
        var results = new[] { 0, 1 }.Select(c => _worker.Run(work, c, _ => { }, CancellationToken.None)).ToList();

        Assert.Equal([(4, 0, 20L), (3, 1, 15L)], results.Select(r => (r.Structures, r.Quarantined, r.Residues)));
        var file = EmbeddingsFile.Load(EmbeddingsFile.PathOf(place.Workspace.At("embeddings"), 1));
        Assert.Equal((15, 3, 1), (file.Points.Count, file.Structures, file.Quarantined));
        Assert.Contains("zz-garbage", file.Quarantine);
        Assert.All(file.Points.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Should_add_up_k_means_parts_of_chunks_to_one_pass_over_all()
    {
        var embedding = place.Embedding("points");
        var work = place.Clustering("points", "pass");
        ClusteringFiles.SaveCentroids(place.Workspace.At(work.Codebook), place.Start);
        var points = new List<Embeddings>();
        var parts = new List<KMeansPartial>();
        foreach (var chunk in new[] { 0, 1 })
        {
            _worker.Run(embedding, chunk, _ => { }, CancellationToken.None);
            points.Add(EmbeddingsFile.Load(EmbeddingsFile.PathOf(place.Workspace.At("points"), chunk)).Points);
            var result = _worker.Run(work, chunk, _ => { }, CancellationToken.None);
            parts.Add(ClusteringFiles.LoadPartial(EmbeddingsFile.PathOf(place.Workspace.At("pass"), chunk)));
            Assert.Equal(points[^1].Count, result.Residues);
        }

        var merged = KMeansPartial.Merge(parts);
        var whole = KMeansPartial.Of(Embeddings.Concat(points), place.Start);
        Assert.Equal(whole.Counts, merged.Counts);
        Assert.Equal(35, merged.Points);
        Assert.Equal(whole.Inertia, merged.Inertia, 1e-9 * whole.Inertia);
        for (var i = 0; i < whole.Sums.Length; i++)
        {
            Assert.Equal(whole.Sums[i], merged.Sums[i], 1e-9);
        }
    }

    [Fact]
    public void Should_stop_between_structures_when_cancelled_and_leave_no_file()
    {
        using var cancel = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(
            () => _worker.Run(place.Tokenising("tokens-cancelled"), 0, _ => cancel.Cancel(), cancel.Token));
        Assert.False(File.Exists(TokenFile.PathOf(place.Workspace.At("tokens-cancelled"), 0)));
    }

    [Fact]
    public void Should_refuse_a_codebook_of_another_encoder()
    {
        const string Other = "codebook-of-another";
        new StructureCodebook(place.Start, new CodebookOrigin { Encoder = new string('0', 64) }).Save(place.Workspace.At(Other));

        var refused = Assert.Throws<InvalidDataException>(() => _worker.Run(
            place.Tokenising("tokens-other") with { Codebook = Other }, 0, _ => { }, CancellationToken.None));
        Assert.Contains("autoencoder.from", refused.Message);
    }

    public void Dispose() => _worker.Dispose();
}
