using Akka.Actor;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>What a ledger's journal is for, over each kind of journal: crashes, and coordinators that come back too late.</summary>
[Collection(WithPostgres.Name)]
public sealed class LedgerJournalTests(PostgresServer server)
{
    private const int Chunks = 4;

    [SkippableTheory]
    [InlineData(JournalKind.Sqlite)]
    [InlineData(JournalKind.Postgres)]
    public async Task Should_know_after_a_crash_what_was_committed_and_refuse_results_from_before(JournalKind kind)
    {
        using var place = new JournalPlace(kind, server);
        var first = new OpenedLedger(place, Chunks);
        var leases = new[] { await first.LeasedAsync(0), await first.LeasedAsync(1) };
        await first.CommitAsync(leases[0]);
        var totals = (await first.Parent.NextAsync<LedgerProgress>(p => p.Totals.Chunks == 1)).Totals;
        await JournalPlace.CrashAsync(first.System);

        var second = new OpenedLedger(place, Chunks);
        Assert.Equal(totals, (await second.Parent.NextAsync<LedgerProgress>(p => p.Unchecked == 0)).Totals);
        var again = await second.LeasedAsync(1);
        Assert.Equal(2, OpenedLedger.Incarnation(again.LeaseEpoch));
        Assert.True(again.LeaseEpoch > leases.Max(l => l.LeaseEpoch));
        Assert.False((await second.SettledAsync(second.Finish(leases[1]))).Committed);
        await second.CommitAsync(again);
        await JournalPlace.CrashAsync(second.System);

        var third = new OpenedLedger(place, Chunks);
        var known = await third.Parent.NextAsync<LedgerProgress>(p => p.Unchecked == 0);
        Assert.Equal(new LedgerTotals(2, Chunks, 14, 2, 1001), known.Totals);
        Assert.Equal(3, OpenedLedger.Incarnation((await third.LeasedAsync(2)).LeaseEpoch));
        var events = place.Events(OpenedLedger.Owner);
        Assert.Equal([1, 2, 3], events.OfType<LedgerOpened>().Select(o => o.Incarnation));
        Assert.Equal([(0, 1), (1, 2)], Commits(events));
    }

    [SkippableTheory]
    [InlineData(JournalKind.Sqlite)]
    [InlineData(JournalKind.Postgres)]
    public async Task Should_shut_out_a_coordinator_that_was_frozen_while_another_took_over(JournalKind kind)
    {
        using var place = new JournalPlace(kind, server);
        var frozen = new OpenedLedger(place, Chunks);
        var old = await frozen.LeasedAsync(0);
        var successor = new OpenedLedger(place, Chunks);
        var current = await successor.LeasedAsync(0);

        var late = frozen.Finish(old);
        Assert.Contains("refused a write", (await frozen.Parent.NextAsync<LedgerJournalFailed>()).Reason);
        await frozen.Parent.NextAsync<Terminated>();
        Assert.DoesNotContain(frozen.Holder.Rest(), m => m is ChunkSettled { Committed: true });

        Assert.False((await successor.SettledAsync(Told(successor, late))).Committed);
        await successor.CommitAsync(current);
        await successor.CommitAsync(await successor.LeasedAsync(2));
        Assert.DoesNotContain(successor.Parent.Rest(), m => m is LedgerJournalFailed);
        Assert.Equal([(0, 2), (2, 2)], Commits(place.Events(OpenedLedger.Owner)));
    }

    private static IEnumerable<(int Chunk, int Incarnation)> Commits(IEnumerable<object> events) =>
        events.OfType<ChunkCommitted>().Select(c => (c.Chunk, OpenedLedger.Incarnation(c.LeaseEpoch)));

    private static ChunkFinished Told(OpenedLedger ledger, ChunkFinished result)
    {
        ledger.Tell(result);
        return result;
    }
}
