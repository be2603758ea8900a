using System.IO.Compression;
using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Featurizer.Tests.Chunks;

/// <summary>Bytes that the storage does not give say nothing about a structure.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly FeaturizerWorkspace _place = new();

    [Fact]
    public void Should_fail_the_chunk_and_refuse_nothing_while_a_source_is_away()
    {
        var away = _place.Structures + "-away";
        Directory.Move(_place.Structures, away);
        var failure = Assert.Throws<IOException>(() => Run("tokens"));
        Assert.Contains("storage may be away", failure.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_place.Structures);
        Assert.Contains("storage may be away", Assert.Throws<IOException>(() => Run("tokens")).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(TokenFile.PathOf(_place.Workspace.At("tokens"), 0)));

        Directory.Delete(_place.Structures);
        Directory.Move(away, _place.Structures);
        Assert.Equal((FeaturizerWorkspace.ChunkSize, 0), Counts(Run("tokens")));
    }

    [Fact]
    public void Should_lose_nothing_when_a_source_comes_back_between_two_tries()
    {
        var away = _place.Structures + "-away";
        Directory.Move(_place.Structures, away);
        var pauses = new Pauses(() => Directory.Move(away, _place.Structures));
        Assert.Equal((FeaturizerWorkspace.ChunkSize, 0), Counts(Run("tokens", pauses)));
    }

    [Fact]
    public void Should_refuse_a_file_that_alone_is_missing()
    {
        var gone = _place.Catalogue.EntryOf(1);
        File.Delete(gone.Path);
        Assert.Equal((FeaturizerWorkspace.ChunkSize - 1, 1), Counts(Run("tokens")));

        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 0));
        var refused = Assert.Single(file.Quarantine);
        Assert.Equal((1, "Unreadable"), (refused.Position, refused.Reason));
        Assert.Contains("tried 3 times, while other files of its folder could be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_a_decompression_bomb_and_do_the_others()
    {
        var bomb = Path.Combine(_place.Structures, "bomb.cif.gz");
        using (var gzip = new GZipStream(File.Create(bomb), CompressionLevel.Fastest))
        {
            for (var megabyte = 0; megabyte < 64; megabyte++)
            {
                gzip.Write(new byte[1 << 20]);
            }
        }

        Assert.InRange(new FileInfo(bomb).Length, 1, 1 << 20);
        var catalogue = Catalogue.Create(
            [new StructureEntry(bomb, null, -1, 0, new FileInfo(bomb).Length), .. _place.Catalogue.EntriesOf(0)], 5);
        var name = Path.GetFileName(catalogue.Save(_place.Workspace.At(Workspace.Catalogues), "bomb"));
        var job = _place.Context.Job;
        using var context = new FeaturizerContext(
            _place.Workspace, job with { Corpus = job.Corpus with { MaxFileMegabytes = 1, MaxContentMegabytes = 2 } });
        using var worker = new ChunkWorker(context);
        var result = worker.Run(_place.Tokenising("tokens") with { Catalogue = name }, 0, _ => { }, CancellationToken.None);

        Assert.Equal((FeaturizerWorkspace.ChunkSize, 1), Counts(result));
        using var file = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("tokens"), 0));
        Assert.Equal("TooLarge", Assert.Single(file.Quarantine).Reason);
    }

    public void Dispose() => _place.Dispose();

    private static (int, int) Counts(ChunkResult result) => (result.Structures, result.Quarantined);

    private ChunkResult Run(string output, IReadOnlyList<TimeSpan>? pauses = null)
    {
        using var context = new FeaturizerContext(_place.Workspace, _place.Context.Job)
        {
            AccessPauses = pauses ?? [TimeSpan.Zero, TimeSpan.Zero],
        };
        using var worker = new ChunkWorker(context);
        return worker.Run(_place.Tokenising(output), 0, _ => { }, CancellationToken.None);
    }

    // Something happens in the first pause.
    private sealed class Pauses(Action happens) : IReadOnlyList<TimeSpan>
    {
        public int Count => 1;

        public TimeSpan this[int index]
        {
            get
            {
                happens();
                return TimeSpan.Zero;
            }
        }

        public IEnumerator<TimeSpan> GetEnumerator() => throw new NotSupportedException();

        global::System.Collections.IEnumerator global::System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
