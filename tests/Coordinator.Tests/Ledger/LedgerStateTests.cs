using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;
using Ism.Protocol.Ledger;

namespace Ism.Coordinator.Tests.Ledger;

public class LedgerStateTests
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(60);
    private const string Node = "a";

    [Fact]
    public void Should_lease_in_the_given_order_up_to_the_capacity()
    {
        var ledger = Opened([2, 0, 3, 1]);

        Assert.Equal([2, 0], ledger.LeaseNext(2, Start).Select(l => l.Chunk));
        Assert.Empty(ledger.LeaseNext(2, Start));
        Assert.Equal([3], ledger.LeaseNext(3, Start).Select(l => l.Chunk));
    }

    [Fact]
    public void Should_give_each_node_what_it_has_room_for_and_the_rest_when_it_has()
    {
        var ledger = Opened([.. Enumerable.Range(0, 40)]);
        ledger.Present("b", []);
        var leases = ledger.LeaseNext(2, Start).ToDictionary(l => l.Chunk);
        Assert.Equal([(0, Node), (1, "b"), (2, Node), (3, "b")], leases.Values.Select(l => (l.Chunk, l.Node)));
        Assert.Empty(ledger.LeaseNext(2, Start));

        // b is done with both of its chunks, the other with none; a third comes.
        ledger.Apply(ledger.Finish(Result(leases[1]))!);
        ledger.Apply(ledger.Finish(Result(leases[3]))!);
        ledger.Present("c", []);
        Assert.Equal([(4, "c"), (5, "b"), (6, "c"), (7, "b")], ledger.LeaseNext(2, Start).Select(l => (l.Chunk, l.Node)));

        // What a node had that is gone goes to others when they have room, before what comes later in the order.
        Assert.Equal([0, 2], ledger.Gone(Node).Select(l => l.Chunk).Order());
        Assert.Empty(ledger.LeaseNext(2, Start));
        Assert.Equal([(0, "c"), (2, "b")], ledger.LeaseNext(3, Start).Select(l => (l.Chunk, l.Node)));
    }

    [Fact]
    public void Should_go_on_leasing_however_long_one_chunk_takes()
    {
        var ledger = Opened([.. Enumerable.Range(0, 1000)]);
        for (var commits = 1; commits < 1000; commits++)
        {
            // Chunk 0 is under way all the time.
            var lease = ledger.LeaseNext(2, Start).Last();
            Assert.Equal(commits, lease.Chunk);
            ledger.Apply(ledger.Finish(Result(lease))!);
        }
    }

    [Fact]
    public void Should_give_nothing_to_a_node_that_was_silent_until_it_is_there_again()
    {
        var ledger = Opened([0, 1, 2]);
        ledger.Present("silent", []);
        var leases = ledger.LeaseNext(1, Start);
        Assert.True(ledger.Renew(0, leases[0].Epoch, Start + LeaseTime));
        Assert.Equal("silent", Assert.Single(ledger.Expire(Start + LeaseTime)).Node);
        Assert.False(ledger.IsPresent("silent"));
        Assert.Equal([(1, Node), (2, Node)], ledger.LeaseNext(3, Start).Select(l => (l.Chunk, l.Node)));

        // It has made the chunk meanwhile, which is another's now.
        ledger.Present("silent", [1]);
        Assert.Empty(ledger.LeaseNext(3, Start));
        ledger.Release(2, ledger.Leases.Single(l => l.Chunk == 2).Epoch);
        Assert.Equal((2, "silent"), ledger.LeaseNext(3, Start).Select(l => (l.Chunk, l.Node)).Single());
    }

    [Fact]
    public void Should_lease_to_a_node_what_it_has_at_hand_and_not_twice()
    {
        var ledger = Opened([0, 1, 2, 3, 4, 5]);
        ledger.Present("b", [4, 2, 99]);
        var leases = ledger.LeaseNext(2, Start);
        Assert.Equal([(2, "b"), (4, "b"), (0, Node), (1, Node)], leases.Select(l => (l.Chunk, l.Node)));
        ledger.Gone("b");
        Assert.Empty(ledger.LeaseNext(2, Start));
    }

    [Fact]
    public void Should_commit_a_chunk_once_and_only_under_the_current_lease()
    {
        var ledger = Opened([0]);
        var first = ledger.LeaseNext(1, Start)[0];
        ledger.Expire(Start + LeaseTime);
        ledger.Present(Node, []);
        var second = ledger.LeaseNext(1, Start + LeaseTime)[0];

        Assert.Null(ledger.Finish(Result(first)));
        var commit = ledger.Finish(Result(second));
        Assert.NotNull(commit);
        ledger.Apply(commit);
        ledger.Apply(commit);

        Assert.True(ledger.IsComplete);
        Assert.Equal(new LedgerTotals(1, 1, 9, 1, 1000), ledger.Totals);
        Assert.Null(ledger.Finish(Result(second)));
    }

    [Fact]
    public void Should_keep_a_lease_alive_while_its_holder_speaks_and_end_it_with_its_node()
    {
        var ledger = Opened([0, 1]);
        ledger.Present("b", []);
        var leases = ledger.LeaseNext(1, Start);
        Assert.True(ledger.Renew(leases[0].Chunk, leases[0].Epoch, Start + TimeSpan.FromSeconds(50)));
        Assert.True(ledger.Renew(leases[1].Chunk, leases[1].Epoch, Start + TimeSpan.FromSeconds(50)));

        Assert.Empty(ledger.Expire(Start + TimeSpan.FromSeconds(100)));
        Assert.Equal([leases[1].Chunk], ledger.Gone("b").Select(l => l.Chunk));
        Assert.False(ledger.Renew(leases[1].Chunk, leases[1].Epoch, Start));
    }

    [Fact]
    public void Should_give_higher_epochs_after_a_restart_without_having_kept_the_leases()
    {
        var before = Opened([0]);
        var old = before.LeaseNext(1, Start)[0];

        var after = new LedgerState([0], LeaseTime);
        after.Apply(new LedgerOpened(1));
        after.Apply(after.Open());
        after.Present(Node, []);
        var renewed = after.LeaseNext(1, Start)[0];

        Assert.True(renewed.Epoch > old.Epoch);
        Assert.Null(after.Finish(Result(old)));
    }

    [Fact]
    public void Should_pause_a_failing_chunk_longer_each_time_and_give_up_at_last()
    {
        var ledger = Opened([0], maxFailures: 3);
        var now = Start;
        var gaveUp = false;
        var pauses = new List<double>();
        while (!gaveUp)
        {
            var lease = ledger.LeaseNext(1, now).Single();
            gaveUp = ledger.Fail(lease.Chunk, lease.Epoch, now);
            var failed = now;
            while (!gaveUp && ledger.LeaseNext(1, now).Count == 0)
            {
                now += TimeSpan.FromSeconds(0.5);
            }

            if (!gaveUp)
            {
                pauses.Add((now - failed).TotalSeconds);
                var again = ledger.Leases.Single();
                ledger.Expire(again.Expires);
                ledger.Present(Node, []);
            }
        }

        Assert.Equal([1, 2], pauses);
    }

    [Fact]
    public void Should_be_patient_with_storage_that_refuses_but_not_for_ever()
    {
        var ledger = Opened([0], maxFailures: 3);
        var pauses = new List<double>();
        var now = Start;
        while (!FailAgain(ledger, ref now, storage: true, pauses))
        {
            Assert.True(now - Start < LedgerState.StoragePatience * 2, "it is tried for ever");
        }

        Assert.InRange(now - Start, LedgerState.StoragePatience, LedgerState.StoragePatience + TimeSpan.FromSeconds(31));
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], pauses.Take(7));
        Assert.All(pauses.Skip(7), pause => Assert.Equal(30, pause));
    }

    [Fact]
    public void Should_not_take_refusals_of_the_storage_for_defects_and_forget_both_with_a_commit()
    {
        var ledger = Opened([0], maxFailures: 2);
        var now = Start;
        Assert.False(FailAgain(ledger, ref now, storage: true));
        Assert.False(FailAgain(ledger, ref now, storage: true));
        Assert.False(FailAgain(ledger, ref now, storage: false));
        Assert.True(FailAgain(ledger, ref now, storage: false));

        ledger.Apply(ledger.Finish(Result(LeasedAt(ledger, ref now)))!);
        ledger.Reopen(0);
        Assert.False(FailAgain(ledger, ref now, storage: false));
        Assert.False(FailAgain(ledger, ref now, storage: true));
        Assert.True(FailAgain(ledger, ref now, storage: false));
    }

    [Fact]
    public void Should_count_a_failure_once_and_only_under_the_current_lease()
    {
        var ledger = Opened([0], maxFailures: 2);
        var first = ledger.LeaseNext(1, Start)[0];
        Assert.True(ledger.Holds(0, first.Epoch));
        Assert.False(ledger.Fail(0, first.Epoch, Start));
        Assert.False(ledger.Holds(0, first.Epoch));
        Assert.False(ledger.Fail(0, first.Epoch, Start));
        var now = Start;
        Assert.True(FailAgain(ledger, ref now, storage: false));
    }

    [Fact]
    public void Should_lease_again_a_chunk_whose_result_is_gone()
    {
        var ledger = Opened([0, 1]);
        ledger.Apply(ledger.Finish(Result(ledger.LeaseNext(1, Start)[0]))!);
        Assert.Equal(1, ledger.Totals.Chunks);

        ledger.Reopen(0);

        Assert.Equal(new LedgerTotals(0, 2, 0, 0, 0), ledger.Totals);
        Assert.Equal([0, 1], ledger.LeaseNext(2, Start).Select(l => l.Chunk));
    }

    [Fact]
    public void Should_refuse_an_order_that_misses_a_chunk() =>
        Assert.Throws<ArgumentException>(() => new LedgerState([0, 0, 2], LeaseTime));

    // Fails the next lease of the one chunk, as soon as it is given; whether that was once too often.
    private static bool FailAgain(LedgerState ledger, ref DateTime now, bool storage, List<double>? pauses = null)
    {
        var from = now;
        var lease = LeasedAt(ledger, ref now);
        if (now > from)
        {
            pauses?.Add((now - from).TotalSeconds);
        }

        return ledger.Fail(lease.Chunk, lease.Epoch, now, storage);
    }

    private static Lease LeasedAt(LedgerState ledger, ref DateTime now)
    {
        while (true)
        {
            if (ledger.LeaseNext(1, now) is [var lease])
            {
                return lease;
            }

            now += TimeSpan.FromSeconds(1);
        }
    }

    private static LedgerState Opened(int[] order, int maxFailures = 5)
    {
        var ledger = new LedgerState(order, LeaseTime, maxFailures);
        ledger.Apply(ledger.Open());
        ledger.Present(Node, []);
        return ledger;
    }

    private static ChunkFinished Result(Lease lease) => new()
    {
        WorkId = "w",
        Chunk = lease.Chunk,
        LeaseEpoch = lease.Epoch,
        Sha256 = "ab",
        Structures = 9,
        Quarantined = 1,
        Residues = 1000,
        Seconds = 1,
    };
}
