using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Serving;
using Ism.Featurizer.Tests;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;
using Ism.Tests.Losses;
using Xunit.Abstractions;

namespace Ism.GpuTrainer.Tests.Samples;

/// <summary>Fetchers of two ranks and real chunk entities, between which nearly a third of all messages is lost.</summary>
public sealed class LostSamplesTests(ITestOutputHelper output) : TestKit(Settings)
{
    private const int World = 2;
    private const int Steps = 6;
    private const int Proteins = 7;
    private const int ChunkSize = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly Config Settings = ConfigurationFactory.ParseString("""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.stdout-loglevel = OFF
        akka.loglevel = OFF
        """);

    // The batches are large enough for answers of several frames; crops are whole chains, or a few environments.
    [Theory]
    [InlineData(SampleKind.Tokens, 4000, 64, 3)]
    [InlineData(SampleKind.Environments, 16, 4, 4)]
    public async Task Should_bring_every_sample_of_every_step_once_whatever_is_lost(SampleKind kind, int batch, int limit, int seed)
    {
        using var corpus = new FeaturizerWorkspace(Proteins, ChunkSize);
        using var a = new FeaturizerContext(corpus.Workspace, corpus.Context.Job, node: "featurizer-a");
        using var b = new FeaturizerContext(corpus.Workspace, corpus.Context.Job, node: "featurizer-b");
        var order = new SampleOrder(corpus.Catalogue.Count, ChunkSize, seed, windowChunks: 2);
        var links = new LossyLinks(Sys, new LossRates(seed));
        var region = Sys.ActorOf(Props.Create(() => new LossyRegion(new[] { a, b }, links, seed, TimeSpan.FromSeconds(2))));
        using var worker = new ChunkWorker(corpus.Context);
        worker.Run(corpus.Tokenising("tokens"), 0, _ => { }, CancellationToken.None);
        var ranks = Enumerable.Range(0, World).Select(rank => Fetch(rank)).ToList();

        // The second chunk is made while it is already asked for.
        worker.Run(corpus.Tokenising("tokens"), 1, _ => { }, CancellationToken.None);
        var took = await Task.WhenAll(ranks).WaitAsync(Patience * 2);
        output.WriteLine($"seed {seed}: {links}; {took.Max().TotalSeconds:F1} s");

        Task<TimeSpan> Fetch(int rank)
        {
            var buffer = new StepBuffer();
            var plan = new FetchPlan
            {
                Catalogue = corpus.CatalogueName,
                Kind = kind,
                Limit = limit,
                Tokens = "tokens",
                FirstStep = 0,
                EndStep = Steps,
                Batch = step => order.Step(step, batch),
                Rank = rank,
                World = World,
                Cost = kind == SampleKind.Tokens ? length => 100L + (length * length) : null,
                Prefetch = 3,
                AskAgain = TimeSpan.FromSeconds(0.5),
            };
            var fetcher = Sys.ActorOf(SampleFetcher.Props(plan, buffer, region, corpus.Workspace));
            return Task.Factory.StartNew(() => Take(plan, buffer, fetcher, corpus), TaskCreationOptions.LongRunning);
        }
    }

    private TimeSpan Take(FetchPlan plan, StepBuffer buffer, IActorRef fetcher, FeaturizerWorkspace corpus)
    {
        var clock = Stopwatch.StartNew();
        for (var step = plan.FirstStep; step < plan.EndStep; step++)
        {
            var share = buffer.TryTake(step, Patience - clock.Elapsed, Patience, CancellationToken.None);
            Assert.True(share is not null, $"step {step} did not come within {Patience.TotalSeconds} s");
            var positions = Share(plan, step, corpus);
            Assert.Equal(positions, share.Select(s => s.Position));
            Assert.Equal(SampleDigest.Text(Digest(plan, positions, corpus)), SampleDigest.Text(SampleDigest.Of(share)));
        }

        Sys.Stop(fetcher);
        for (var step = plan.FirstStep; step < plan.EndStep; step++)
        {
            Assert.Null(buffer.TryTake(step, TimeSpan.Zero, Patience, CancellationToken.None));
        }

        return clock.Elapsed;
    }

    private static IReadOnlyList<SamplePosition> Share(FetchPlan plan, long step, FeaturizerWorkspace corpus)
    {
        var batch = plan.Batch(step);
        if (!plan.ByCost)
        {
            return plan.ShareByCount(batch);
        }

        var lengths = new int[batch.Count];
        foreach (var chunk in Enumerable.Range(0, batch.Count).GroupBy(i => batch[i].Chunk))
        {
            using var file = TokenFile.Open(TokenFile.PathOf(corpus.Workspace.At(plan.Tokens), chunk.Key));
            foreach (var i in chunk)
            {
                lengths[i] = TokenCrop.Draw(file, batch[i].Position, batch[i].DrawKey, plan.Limit)?.Sequence.Length ?? 0;
            }
        }

        return plan.ShareByCost(batch, lengths).Share;
    }

    // From the files, without anybody's help; environments from the structures.
    private static ulong Digest(FetchPlan plan, IReadOnlyList<SamplePosition> share, FeaturizerWorkspace corpus)
    {
        using var server = new SampleServer(corpus.Context);
        var sum = 0UL;
        foreach (var chunk in share.GroupBy(p => p.Chunk))
        {
            var positions = chunk.ToList();
            var samples = plan.Kind == SampleKind.Tokens ? Crops(plan, positions, corpus) : Environments(plan, positions, server);
            foreach (var (position, sample) in positions.Zip(samples))
            {
                sum = unchecked(sum + SampleDigest.Of(position, sample.Span));
            }
        }

        return sum;
    }

    private static List<ReadOnlyMemory<byte>> Crops(FetchPlan plan, List<SamplePosition> positions, FeaturizerWorkspace corpus)
    {
        using var file = TokenFile.Open(TokenFile.PathOf(corpus.Workspace.At(plan.Tokens), positions[0].Chunk));
        return [.. positions.Select(
            p => (ReadOnlyMemory<byte>)(TokenCrop.Draw(file, p.Position, p.DrawKey, plan.Limit)?.ToBytes() ?? []))];
    }

    private static List<ReadOnlyMemory<byte>> Environments(FetchPlan plan, List<SamplePosition> positions, SampleServer server)
    {
        var answer = server.Answer(new FetchSamples
        {
            Key = new ChunkKey(plan.Catalogue, positions[0].Chunk),
            Request = 0,
            Kind = plan.Kind,
            Rows = [.. positions.Select(p => p.Row)],
            DrawKeys = [.. positions.Select(p => p.DrawKey)],
            Limit = plan.Limit,
            Credits = 1,
        });
        return [.. SamplePayload.Split(answer!).Select(s => s.Sample)];
    }
}
