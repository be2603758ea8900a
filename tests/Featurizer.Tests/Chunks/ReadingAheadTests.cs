using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Threads;
using Ism.Models.Autoencoder;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class ReadingAheadTests(FeaturizerWorkspace place) : IClassFixture<FeaturizerWorkspace>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(5, 2)]
    public void Should_give_the_same_bytes_however_many_are_read_ahead_and_on_however_many_cores(int ahead, int cores)
    {
        using var plain = Context(0, 1);
        using var other = Context(ahead, cores);
        for (var chunk = 0; chunk < place.Catalogue.ChunkCount; chunk++)
        {
            var (expected, got) = (Run(plain, "tokens-plain", chunk), Run(other, $"tokens-{ahead}-{cores}", chunk));
            Assert.Equal(expected.Sha256, got.Sha256);
            Assert.Equal((expected.Structures, expected.Quarantined), (got.Structures, got.Quarantined));
            Assert.Equal(
                Embed(plain, "embeddings-plain", chunk).Sha256, Embed(other, $"embeddings-{ahead}-{cores}", chunk).Sha256);
        }

        Assert.InRange(other.Cores.Most, 0, cores);
        Assert.Equal(cores, other.Cores.Count);
        Assert.Empty(Directory.EnumerateFiles(other.AttemptsFolder, "*.log", SearchOption.AllDirectories));
    }

    [Fact]
    public void Should_read_on_while_the_taker_is_at_the_first()
    {
        using var third = new ManualResetEventSlim();
        IEnumerable<int> Source()
        {
            for (var i = 0; i < 10; i++)
            {
                if (i == 2)
                {
                    third.Set();
                }

                yield return i;
            }
        }

        var taken = new List<int>();
        foreach (var item in ReadingAhead.Of(Source(), 2, new UnderWay()))
        {
            Assert.True(third.Wait(Soon));
            taken.Add(item);
        }

        Assert.Equal(Enumerable.Range(0, 10), taken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Should_throw_what_reading_throws_after_the_items_before(int ahead)
    {
        static IEnumerable<int> Source()
        {
            yield return 1;
            yield return 2;
            throw new IOException("the disk is away");
        }

        var taken = new List<int>();
        var thrown = Assert.Throws<IOException>(() => taken.AddRange(ReadingAhead.Of(Source(), ahead, new UnderWay()).Select(i => i)));
        Assert.Equal("the disk is away", thrown.Message);
    }

    [Fact]
    public void Should_end_its_thread_and_the_source_when_nobody_takes_any_more()
    {
        var ended = false;
        IEnumerable<int> Source()
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    yield return i;
                }
            }
            finally
            {
                ended = true;
            }
        }

        Assert.Equal([0, 1, 2], ReadingAhead.Of(Source(), 2, new UnderWay()).Take(3));
        Assert.True(ended);
    }

    [Fact]
    public void Should_watch_what_is_read_ahead_beside_what_is_worked_on()
    {
        var (second, underWay) = (TimeSpan.FromSeconds(1), new UnderWay());
        underWay.BeginReading("read");
        Assert.Null(underWay.Pass(second, 3 * second));
        underWay.Begin("made");
        Assert.Null(underWay.Pass(second, 3 * second));
        underWay.EndReading();
        underWay.BeginReading("next");
        Assert.Null(underWay.Pass(2 * second, 3 * second));
        Assert.Equal("made", underWay.Pass(second, 3 * second));
        Assert.True(underWay.Abandoned);
        Assert.Throws<AbandonedException>(underWay.EndReading);
    }

    [Fact]
    public async Task Should_let_no_more_threads_compute_than_there_are_cores()
    {
        var share = new CoreShare(2);
        share.Enter();
        share.Enter();
        var third = Task.Run(share.Enter);
        Assert.False(third.IsCompleted);
        share.Leave();
        await third.WaitAsync(Soon);
        Assert.Equal(2, share.Most);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CoreShare(0));
    }

    private FeaturizerContext Context(int ahead, int cores) => new(place.Workspace, place.Context.Job with
    {
        Featurizing = new FeaturizingOptions { ReadAhead = ahead },
        Cluster = new ClusterOptions { ThreadsPerFeaturizer = cores },
    });

    private ChunkResult Run(FeaturizerContext context, string output, int chunk)
    {
        using var worker = new ChunkWorker(context);
        var result = worker.Run(place.Tokenising(output), chunk, _ => { }, CancellationToken.None);
        using var file = TokenFile.Open(TokenFile.PathOf(place.Workspace.At(output), chunk));
        Assert.True(file.RowCount > 0);
        return result;
    }

    private ChunkResult Embed(FeaturizerContext context, string output, int chunk)
    {
        using var worker = new ChunkWorker(context);
        return worker.Run(place.Embedding(output), chunk, _ => { }, CancellationToken.None);
    }
}
