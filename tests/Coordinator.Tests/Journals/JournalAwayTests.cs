using System.Security.Cryptography;
using Akka.Actor;
using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Tests;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>A journal that is away for a while, in the middle of a job whose chunks are really tokenised.</summary>
[Collection(WithPostgres.Name)]
public sealed class JournalAwayTests(PostgresServer server)
{
    private const int Proteins = 12;
    private const int Chunks = 4;

    [SkippableFact]
    public async Task Should_go_on_when_the_database_server_comes_back()
    {
        using var place = new JournalPlace(JournalKind.Postgres, server);
        await RunAsync(place, server.Stop, server.Start);
    }

    [SkippableFact]
    public async Task Should_go_on_when_the_full_disk_of_the_journal_has_room_again()
    {
        using var place = new JournalPlace(JournalKind.Sqlite, server);
        using var disk = new SmallDisk(place.Workspace.At("ledger"));
        await RunAsync(place, disk.Fill, disk.MakeRoom);
    }

    [SkippableFact]
    public async Task Should_begin_when_a_database_server_that_was_away_at_the_start_comes_back()
    {
        using var place = new JournalPlace(JournalKind.Postgres, server);
        using var corpus = new FeaturizerWorkspace(Proteins, FeaturizerWorkspace.ChunkSize);
        var holder = new Mailbox();
        server.Stop();
        TestJob job;
        try
        {
            job = new TestJob(place, corpus, holder.HolderProps);
            await job.Events.NextAsync<RunEvent>(e => e.Kind == RunEventKind.Warning);
        }
        finally
        {
            server.Start();
        }

        await holder.NextAsync<LeaseChunk>();
        Assert.Equal([new JobOpened(1)], place.Events("job"));
    }

    private static async Task RunAsync(JournalPlace place, Action takeAway, Action giveBack)
    {
        using var corpus = new FeaturizerWorkspace(Proteins, FeaturizerWorkspace.ChunkSize);
        using var context = new FeaturizerContext(place.Workspace, TestJob.OptionsFor(corpus));
        var gate = new Gate();
        var job = new TestJob(place, corpus, Props.Create(() => new GatedHolder(context, gate)));
        await job.Events.NextAsync<RunEvent>(e => e is { Kind: RunEventKind.Progress, Stage: RunStages.Tokens, Done: 1 });
        takeAway();
        try
        {
            gate.Open = true;
            await job.Events.NextAsync<RunEvent>(e => e.Kind == RunEventKind.Warning && e.Message.Contains("it is opened again"));
        }
        finally
        {
            giveBack();
        }

        await job.Events.NextAsync<RunEvent>(e => e is { Kind: RunEventKind.Finished, Stage: RunStages.Tokens, Done: Chunks });
        Assert.Equal([new JobOpened(1)], place.Events("job"));
        var folder = Directory.GetDirectories(place.Workspace.At(Workspace.Tokens)).Single();
        var commits = place.Events($"ledger-tokenise-{Path.GetFileName(folder)}").OfType<ChunkCommitted>().ToList();
        Assert.Equal(Enumerable.Range(0, Chunks), commits.Select(c => c.Chunk).Order());
        Assert.All(commits, c => Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(TokenFile.PathOf(folder, c.Chunk)))), c.Sha256));
    }

    private sealed class Gate
    {
        public volatile bool Open;
    }

    // The lease holder of one featurizer, to which all leases but the first get through a gate alone.
    private sealed class GatedHolder : ReceiveActor
    {
        public GatedHolder(FeaturizerContext context, Gate gate)
        {
            var holder = Context.ActorOf(LeaseHolder.Props(context));
            int? first = null;
            Receive<LeaseChunk>(m =>
            {
                first ??= m.Key.Chunk;
                if (gate.Open || m.Key.Chunk == first)
                {
                    holder.Forward(m);
                }
            });
            ReceiveAny(holder.Forward);
        }
    }
}
