using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Persistence;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Ledger;
using Xunit.Abstractions;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>A ledger of the size for which the system is made: 5.8 million structures in chunks of 256.</summary>
[Collection(WithPostgres.Name)]
public sealed class LedgerSizeTests(PostgresServer server, ITestOutputHelper output)
{
    private const int Chunks = 23_000;
    private const int Batch = 1_000;

    [SkippableTheory]
    [InlineData(JournalKind.Sqlite)]
    [InlineData(JournalKind.Postgres)]
    public async Task Should_know_23000_commits_after_a_restart(JournalKind kind)
    {
        using var place = new JournalPlace(kind, server);
        var content = "the result of every chunk"u8.ToArray();
        var result = place.Workspace.At("result");
        File.WriteAllBytes(result, content);
        var clock = Stopwatch.StartNew();
        await WriteAsync(place, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length);
        output.WriteLine($"{kind}: {Chunks} commits written in {clock.Elapsed.TotalSeconds:F1} s");

        var before = GC.GetTotalMemory(forceFullCollection: true);
        clock.Restart();
        var ledger = new OpenedLedger(place, Chunks, _ => result);
        var first = await ledger.Parent.NextAsync<LedgerProgress>();
        var replayed = clock.Elapsed;
        var last = await ledger.Parent.NextAsync<LedgerProgress>(p => p.Unchecked == 0);
        output.WriteLine($"{kind}: replayed in {replayed.TotalSeconds:F1} s (system started as well), every file compared after "
            + $"{clock.Elapsed.TotalSeconds:F1} s, {(GC.GetTotalMemory(forceFullCollection: true) - before) >> 20} MiB kept, "
            + $"{Environment.WorkingSet >> 20} MiB in the whole test process");

        var expected = new LedgerTotals(Chunks, Chunks, 255L * Chunks, Chunks, 70_000L * Chunks);
        Assert.Equal((expected, Chunks), (first.Totals, first.Unchecked));
        Assert.Equal(expected, last.Totals);
        Assert.True(last.IsComplete);
    }

    private static async Task WriteAsync(JournalPlace place, string sha, long bytes)
    {
        var system = place.StartSystem();
        var done = new Mailbox();
        var told = system.ActorOf(done.Props);
        system.ActorOf(Props.Create(() => new Writer(told, sha, bytes)));
        await done.NextAsync<int>(written => written == Chunks);
        await JournalPlace.CrashAsync(system);
    }

    // Writes what a ledger would have written, many events at a time.
    private sealed class Writer : ReceivePersistentActor
    {
        private int _written;

        public Writer(IActorRef told, string sha, long bytes)
        {
            Command<int>(_ => WriteMore(told, sha, bytes));
            Self.Tell(0);
        }

        public override string PersistenceId => OpenedLedger.Owner;

        private void WriteMore(IActorRef told, string sha, long bytes)
        {
            var batch = Enumerable.Range(_written, Batch).Select(chunk => (object)new ChunkCommitted
            {
                Chunk = chunk,
                LeaseEpoch = (1L << 32) + chunk,
                Sha256 = sha,
                Structures = 255,
                Quarantined = 1,
                Residues = 70_000,
                Bytes = bytes,
            }).ToList();
            PersistAll(_written == 0 ? [new LedgerOpened(1), .. batch] : batch, e =>
            {
                if (e is ChunkCommitted && ++_written % Batch == 0)
                {
                    told.Tell(_written);
                    if (_written < Chunks)
                    {
                        Self.Tell(0);
                    }
                }
            });
        }
    }
}
