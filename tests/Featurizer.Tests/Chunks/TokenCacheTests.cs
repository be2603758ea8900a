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
