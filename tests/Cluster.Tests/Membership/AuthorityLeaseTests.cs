using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public sealed class AuthorityLeaseTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-lease-").FullName;
    private readonly MembershipTimes _times = new();
    private readonly ManualClock _clock = new();
    private readonly MemoryRecords.Store _store = new();

    [Fact]
    public void Should_give_the_lease_to_one_of_many_contenders_term_after_term()
    {
        const int Contenders = 8;
        LeaseRecord? seen = null;
        for (var term = 1; term <= 40; term++)
        {
            var leases = Enumerable.Range(0, Contenders).Select(i => OnDisk($"coordinator-{i}")).ToList();
            using var start = new Barrier(Contenders);
            var taken = new bool[Contenders];
            var threads = leases.Select((lease, i) => new Thread(() =>
            {
                start.SignalAndWait();
                taken[i] = lease.TryTake(seen);
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());

            var winner = Assert.Single(Enumerable.Range(0, Contenders), i => taken[i]);
            seen = leases[winner].Read();
            Assert.Equal((term, $"coordinator-{winner}"), (seen?.Term, seen?.Holder));
            Assert.All(leases, l => Assert.Equal(seen, l.Read()));
        }
    }

    [Fact]
    public void Should_notice_at_renewal_that_another_has_taken_it()
    {
        var (first, second) = (OnDisk("coordinator-0"), OnDisk("coordinator-1"));
        Assert.True(first.TryTake(null));
        Assert.True(first.Renew());
        Assert.True(second.TryTake(second.Read()));

        Assert.True(first.Held);
        Assert.False(first.Renew());
        Assert.False(first.Held);
        Assert.True(second.Renew());
    }

    [Fact]
    public void Should_not_take_what_has_been_renewed_meanwhile()
    {
        var (first, second) = (OnDisk("coordinator-0"), OnDisk("coordinator-1"));
        Assert.True(first.TryTake(null));
        var seen = second.Read();
        Assert.True(first.Renew());

        Assert.False(second.TryTake(seen));
        Assert.True(first.Renew());
    }

    [Fact]
    public void Should_let_the_next_one_take_what_was_given_back()
    {
        var (first, second) = (OnDisk("coordinator-0"), OnDisk("coordinator-1"));
        Assert.True(first.TryTake(null));
        first.Release();

        Assert.True(second.Read() is { Released: true, Term: 1 });
        Assert.True(second.TryTake(second.Read()));
        Assert.Equal((2, "coordinator-1"), (second.Read()?.Term, second.Read()?.Holder));
        first.Release();
        Assert.Equal("coordinator-1", second.Read()?.Holder);
    }

    // One does all of its work between two accesses of the other, wherever that is; the holder was silent for a time to live before.
    [Theory]
    [InlineData("renew", "take")]
    [InlineData("take", "renew")]
    [InlineData("take", "take")]
    public void Should_never_have_two_holders_whatever_happens_between_two_accesses(string outer, string inner)
    {
        var interrupted = 0;
        for (var stop = 0; stop < 12; stop++)
        {
            var store = new MemoryRecords.Store();
            var (count, innerHolds) = (0, false);
            Func<bool>? within = null;
            var first = In(store, "coordinator-0", _ =>
            {
                if (count++ == stop && within is not null)
                {
                    interrupted++;
                    innerHolds = within();
                }
            });
            var second = In(store, "coordinator-1");
            var holder = outer == "renew" ? first : inner == "renew" ? second : In(store, "coordinator-2");
            Assert.True(holder.TryTake(null));
            var seen = (First: first.Read(), Second: second.Read());
            within = () => inner == "renew" ? second.Renew() : second.TryTake(seen.Second);
            count = 0;
            var outerHolds = outer == "renew" ? first.Renew() : first.TryTake(seen.First);

            Assert.False(outerHolds && innerHolds, $"{outer}, and {inner} before access {stop}: two holders");
        }

        Assert.InRange(interrupted, 3, 11);
    }

    [Theory]
    [InlineData("renew")]
    [InlineData("take")]
    public void Should_keep_nobody_out_when_one_stands_still_at_any_point(string act)
    {
        for (var stop = 0; stop < 12; stop++)
        {
            var store = new MemoryRecords.Store();
            var count = 0;
            AuthorityLease? other = null;
            var frozen = In(store, "coordinator-0", _ =>
            {
                if (count++ == stop && other is { Held: false })
                {
                    _clock.Advance(_times.TimeToLive.TotalSeconds);
                    Assert.True(other.TryTake(other.Read()), $"{act}, standing still before access {stop}: it kept the other out");
                }
            });
            Assert.True((act == "renew" ? frozen : In(store, "coordinator-2")).TryTake(null));
            var seen = frozen.Read();
            count = 0;
            other = In(store, "coordinator-1");
            HoldsAfter(() => act == "renew" ? frozen.Renew() : frozen.TryTake(seen));

            Assert.True(!other.Held || other.Renew(), $"{act}, standing still before access {stop}: the one that went on lost the lease");
            Assert.False(other.Held && HoldsAfter(frozen.Renew), $"{act}, standing still before access {stop}: it holds on to what it has lost");
        }
    }

    [Fact]
    public void Should_write_nothing_on_what_it_read_long_ago()
    {
        var sleep = 0.0;
        var lease = In(_store, "coordinator-0", what => _clock.Advance(what == "Lease" ? sleep : 0));
        Assert.True(lease.TryTake(null));
        sleep = _times.Authority.TotalSeconds + 1;
        var before = _store.Lease;

        var refused = Assert.Throws<IOException>(() => lease.Renew());
        Assert.Contains("stood still", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _store.Lease);
    }

    [Fact]
    public void Should_let_others_go_past_a_term_that_was_claimed_and_never_begun()
    {
        var crashing = In(_store, "coordinator-0", what => _ = what == "write lease" ? throw new IOException("gone") : 0);
        Assert.Throws<IOException>(() => crashing.TryTake(null));
        var other = In(_store, "coordinator-1");

        Assert.Equal(new LeaseRecord(1, "", "", 0), other.Read());
        Assert.True(other.TryTake(other.Read()));
        Assert.Equal((2, "coordinator-1"), (other.Read()?.Term, other.Read()?.Holder));
    }

    [Fact]
    public void Should_not_be_confused_by_an_older_term_written_over_its_own()
    {
        var (old, holder, reader) = (In(_store, "coordinator-0"), In(_store, "coordinator-1"), In(_store, "coordinator-2"));
        Assert.True(old.TryTake(null));
        var stale = _store.Lease!;
        Assert.True(holder.TryTake(holder.Read()));
        Assert.Equal(2, reader.Read()?.Term);
        _store.Lease = stale with { Beat = 99 };

        Assert.Equal((2, "coordinator-1"), (reader.Read()?.Term, reader.Read()?.Holder));
        Assert.True(holder.Renew());
        Assert.Equal(holder.Read(), _store.Lease);
    }

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    private static bool HoldsAfter(Func<bool> act)
    {
        try
        {
            return act();
        }
        catch (IOException)
        {
            return false;
        }
    }

    private AuthorityLease OnDisk(string node) => new(new ClusterFiles(_workspace), node, $"akka.tcp://ism@{node}:1", _times, _clock);

    private AuthorityLease In(MemoryRecords.Store store, string node, Action<string>? before = null) =>
        new(new MemoryRecords(store, before), node, $"akka.tcp://ism@{node}:1", _times, _clock);
}
