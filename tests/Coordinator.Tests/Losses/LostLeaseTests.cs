using System.Security.Cryptography;
using Akka.Actor;
using Ism.Coordinator.Ledger;
using Ism.Coordinator.Tests.Journals;
using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Tests;
using Ism.Protocol.Ledger;
using Ism.Tests.Losses;
using Xunit.Abstractions;

namespace Ism.Coordinator.Tests.Losses;

/// <summary>A ledger and real lease holders, between which nearly a third of all messages is lost.</summary>
[Collection(WithPostgres.Name)]
public sealed class LostLeaseTests(PostgresServer server, ITestOutputHelper output)
{
    private const int Proteins = 59;
    private const int ChunkSize = 2;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Should_commit_every_chunk_once_whatever_is_lost(int seed)
    {
        using var place = new JournalPlace(JournalKind.Sqlite, server);
        using var corpus = new FeaturizerWorkspace(Proteins, ChunkSize);
        using var a = new FeaturizerContext(corpus.Workspace, corpus.Context.Job, node: "featurizer-a");
        using var b = new FeaturizerContext(corpus.Workspace, corpus.Context.Job, node: "featurizer-b");
        var system = place.StartSystem();
        var links = new LossyLinks(system, new LossRates(seed));
        var holder = system.ActorOf(Props.Create(() => new LossyHolder(new[] { a, b }, links, seed, TimeSpan.FromSeconds(1))));
        var work = corpus.Tokenising("lossy");
        var folder = corpus.Workspace.At(work.Output);
        var order = Enumerable.Range(0, corpus.Catalogue.ChunkCount).ToArray();
        var parent = new Mailbox();
        var setup = new LedgerSetup(work, order, TimeSpan.FromSeconds(3), 5, chunk => TokenFile.PathOf(folder, chunk));
        system.ActorOf(parent.ParentOf(LedgerActor.Props(setup, _ => links.To(holder))));

        var end = await parent.NextAsync<object>(m => m is LedgerGaveUp or LedgerJournalFailed or LedgerProgress { IsComplete: true });
        output.WriteLine($"seed {seed}: {links}");

        var totals = Assert.IsType<LedgerProgress>(end).Totals;
        Assert.Equal((order.Length, corpus.Catalogue.Count, 1), (totals.Chunks, totals.Structures + totals.Quarantined, totals.Quarantined));
        var commits = place.Events($"ledger-{work.WorkId}").OfType<ChunkCommitted>().ToList();
        Assert.Equal(order, commits.Select(c => c.Chunk).Order());
        Assert.All(commits, c => Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenFile.PathOf(folder, c.Chunk)))), c.Sha256));
    }
}
