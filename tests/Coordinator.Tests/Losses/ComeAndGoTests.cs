using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Tests.Journals;
using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Tests;
using Ism.Protocol.Chunks;
using Ism.Protocol.Ledger;
using Xunit.Abstractions;

namespace Ism.Coordinator.Tests.Losses;

/// <summary>A cluster of three nodes in one process, whose featurizers come and go while their chunks are at work.</summary>
[Collection(WithPostgres.Name)]
public sealed class ComeAndGoTests(PostgresServer server, ITestOutputHelper output)
{
    private const int Proteins = 79;
    private const int ChunkSize = 2;
    private const int LeasesPerFeaturizer = 30;

    [Fact]
    public async Task Should_commit_every_chunk_once_while_featurizers_come_and_go()
    {
        var clock = Stopwatch.StartNew();
        using var place = new JournalPlace(JournalKind.Sqlite, server);
        using var corpus = new FeaturizerWorkspace(Proteins, ChunkSize);
        var coordinator = place.StartSystem("[coordinator]");
        var a = new Featurizer(place, coordinator, corpus, "featurizer-a");
        await a.UpAsync();
        var work = corpus.Tokenising("rebalanced");
        var folder = corpus.Workspace.At(work.Output);
        var order = Enumerable.Range(0, corpus.Catalogue.ChunkCount).ToArray();
        var parent = new Mailbox();
        var setup = new LedgerSetup(
            work, order, TimeSpan.FromSeconds(5), LeasesPerFeaturizer, chunk => TokenFile.PathOf(folder, chunk));
        a.Close();
        coordinator.ActorOf(parent.ParentOf(LedgerActor.Props(setup, LeaseHolders.Of(coordinator))));
        await a.HoldsAsync(LeasesPerFeaturizer);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:F0} s: featurizer-a is at work");

        // A second node is given leases at once, though the first holds chunks that come earlier.
        var b = new Featurizer(place, coordinator, corpus, "featurizer-b");
        await b.UpAsync();
        await parent.NextAsync<LedgerProgress>(p => p.Totals.Chunks >= 3);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:F0} s: featurizer-b commits; featurizer-a leaves");

        // The first leaves politely in the middle of its chunks, which it never finishes.
        await CoordinatedShutdown.Get(a.System).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Mailbox.Patience);
        var end = await parent.NextAsync<LedgerProgress>(p => p.IsComplete);
        a.Open();
        output.WriteLine($"{clock.Elapsed.TotalSeconds:F0} s: all committed");

        Assert.Equal(corpus.Catalogue.Count, end.Totals.Structures + end.Totals.Quarantined);
        var commits = place.Events($"ledger-{work.WorkId}").OfType<ChunkCommitted>().ToList();
        Assert.Equal(order, commits.Select(c => c.Chunk).Order());
        Assert.All(commits, c => Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenFile.PathOf(folder, c.Chunk)))), c.Sha256));
        b.Dispose();
        a.Dispose();
    }

    private sealed class Featurizer : IDisposable
    {
        private readonly FeaturizerContext _context;
        private readonly Akka.Cluster.Cluster _cluster;
        private readonly ManualResetEventSlim _open = new(initialState: true);

        public Featurizer(JournalPlace place, ActorSystem coordinator, FeaturizerWorkspace corpus, string node)
        {
            System = place.StartSystem("[featurizer]", NodeRoles.Featurizer);
            _context = new FeaturizerContext(corpus.Workspace, corpus.Context.Job, node: node);
            _cluster = Akka.Cluster.Cluster.Get(System);
            _cluster.Join(Akka.Cluster.Cluster.Get(coordinator).SelfAddress);
            FeaturizerNode.Hold(System, _context);
        }

        public ActorSystem System { get; }

        public async Task UpAsync()
        {
            var up = new TaskCompletionSource();
            _cluster.RegisterOnMemberUp(up.SetResult);
            await up.Task.WaitAsync(Mailbox.Patience);
        }

        /// <summary>Nothing is finished until it is opened.</summary>
        public void Close()
        {
            _open.Reset();
            _context.Compute.Post(_ => _open.Wait(Mailbox.Patience), (_, _) => { });
        }

        public void Open() => _open.Set();

        /// <summary>Waits until it holds as many leases.</summary>
        public async Task HoldsAsync(int leases)
        {
            using var deadline = new CancellationTokenSource(Mailbox.Patience);
            var holder = LeaseHolders.Of(System)(_cluster.SelfAddress.ToString());
            while ((await ((ActorSelection)holder).Ask<HeldChunks>(new HeldChunksRequest("tokenise-rebalanced", ""), deadline.Token)).Chunks.Length < leases)
            {
                await Task.Delay(100, deadline.Token);
            }
        }

        public void Dispose()
        {
            _open.Set();
            _context.Dispose();
        }
    }
}
