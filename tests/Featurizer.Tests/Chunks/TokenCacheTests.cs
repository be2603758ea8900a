using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class TokenCacheTests : IDisposable
{
    private readonly FeaturizerWorkspace _place = new();
    private readonly string _cache;
    private readonly List<string> _notes = [];
    private readonly FeaturizerContext _context;
    private readonly ChunkWorker _worker;

    public TokenCacheTests()
    {
        _cache = _place.Workspace.At("cache");
        var featurizing = new FeaturizingOptions { Cache = _cache };
        _context = new FeaturizerContext(_place.Workspace, _place.Context.Job with { Featurizing = featurizing }) { Note = _notes.Add };
        _worker = new ChunkWorker(_context);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _context.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void Should_take_a_chunk_that_another_job_has_tokenised_with_its_refusals()
    {
        var made = Tokenise("first", 1);
        // The structures cannot be read any more, so nothing but the cache can give them. Their size and time are the same.
        foreach (var entry in _place.Catalogue.EntriesOf(1))
        {
            var time = File.GetLastWriteTimeUtc(entry.Path);
            File.WriteAllBytes(entry.Path, new byte[new FileInfo(entry.Path).Length]);
            File.SetLastWriteTimeUtc(entry.Path, time);
        }

        var taken = Tokenise("second", 1);
        Assert.Equal(made with { Seconds = 0, Reasons = taken.Reasons }, taken with { Seconds = 0 });
        Assert.Equal(made.Reasons, taken.Reasons);
        Assert.Equal((3, 1), (taken.Structures, taken.Quarantined));
        Assert.Equal(Bytes("first", 1), Bytes("second", 1));
        Assert.Empty(_notes);
    }

    [Fact]
    public void Should_tokenise_a_structure_that_has_changed()
    {
        Tokenise("first", 1);
        var entry = _place.Catalogue.EntriesOf(1).First();
        File.SetLastWriteTimeUtc(entry.Path, File.GetLastWriteTimeUtc(entry.Path).AddSeconds(1));
        Tokenise("second", 1);
        Assert.Equal(2, Directory.GetFiles(_cache, "*.arrow", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Should_not_take_files_without_features_for_a_job_that_wants_them()
    {
        Tokenise("plain", 0);
        var wanting = _place.Tokenising("features") with { Features = true };
        _worker.Run(wanting, 0, _ => { }, CancellationToken.None);
        Tokenise("again", 0);
        _worker.Run(wanting with { Output = "more-features" }, 0, _ => { }, CancellationToken.None);
        Assert.Equal(2, Directory.GetFiles(_cache, "*.arrow", SearchOption.AllDirectories).Length);
        Assert.Equal(Bytes("plain", 0), Bytes("again", 0));
        Assert.Equal(Bytes("features", 0), Bytes("more-features", 0));
        using var plain = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("plain"), 0));
        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("features"), 0));
        Assert.Equal((0, 16), (plain.Header.FeatureWidth, file.Header.FeatureWidth));

        // Every residue's token is the centroid nearest to its features.
        for (var row = 0; row < file.RowCount; row++)
        {
            Assert.Equal(plain.Tokens(0, row).ToArray(), file.Tokens(0, row).ToArray());
            for (var residue = 0; residue < file.Length(row); residue++)
            {
                var features = file.Features(row).Slice(residue * 16, 16).ToArray();
                var distances = Enumerable.Range(0, FeaturizerWorkspace.Tokens).Select(k => Distance(features, _place.Start.Row(k))).ToArray();
                Assert.InRange(distances[file.Tokens(0, row)[residue]], 0, distances.Min() * 1.02);
            }
        }

        static double Distance(Half[] a, ReadOnlySpan<double> b)
        {
            var sum = 0.0;
            for (var i = 0; i < a.Length; i++)
            {
                sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            }

            return sum;
        }
    }

    [Fact]
    public void Should_tokenise_anew_what_is_damaged_there_and_put_it_right()
    {
        Tokenise("first", 0);
        var kept = Assert.Single(Directory.GetFiles(_cache, "*.arrow", SearchOption.AllDirectories));
        var sound = File.ReadAllBytes(kept);
        File.WriteAllBytes(kept, sound[..(sound.Length / 2)]);
        Tokenise("second", 0);
        Assert.Equal(Bytes("first", 0), Bytes("second", 0));
        Assert.Equal(sound, File.ReadAllBytes(kept));
        Assert.Contains(kept, Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_lose_no_chunk_to_a_cache_that_cannot_be_written()
    {
        File.WriteAllText(_cache, "no folder");
        var result = Tokenise("first", 0);
        Assert.Equal(FeaturizerWorkspace.ChunkSize, result.Structures);
        Assert.Contains("cannot be written", Assert.Single(_notes), StringComparison.Ordinal);
    }

    private ChunkResult Tokenise(string output, int chunk) => _worker.Run(_place.Tokenising(output), chunk, _ => { }, CancellationToken.None);

    private byte[] Bytes(string output, int chunk) => File.ReadAllBytes(TokenFile.PathOf(_place.Workspace.At(output), chunk));
}
