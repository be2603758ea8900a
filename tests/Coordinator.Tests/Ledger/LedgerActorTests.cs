using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Tests.Ledger;

/// <summary>The ledger's actor over a SQLite journal, in a cluster whose one node counts as a featurizer.</summary>
public sealed class LedgerActorTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);

    // Below every lease epoch that a ledger gives when it was opened for the second time.
    private const long SecondOpening = 2L << 32;
    private readonly string _folder;
    private readonly TestProbe _parent;
    private readonly TestProbe _region;
    private IActorRef _ledger = ActorRefs.Nobody;

    public LedgerActorTests()
        : this(Directory.CreateTempSubdirectory("ism-ledger-").FullName)
    {
    }

    private LedgerActorTests(string folder)
        : base(Configuration(folder, NodeRoles.Coordinator), NodeOptions.SystemName)
    {
        _folder = folder;
        _parent = CreateTestProbe();
        _region = CreateTestProbe();
        var cluster = Akka.Cluster.Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
    }

    [Fact]
    public void Should_lease_in_order_commit_what_is_finished_and_say_so()
    {
        Open([2, 0, 1]);
        Assert.Empty(_parent.ExpectMsg<LedgerProgress>(Soon).NewlyCommitted);
        var (first, second) = (Leased(), Leased());
        Assert.Equal([2, 0], new[] { first, second }.Select(l => l.Key.Chunk));

        Finish(first);
        var progress = _parent.ExpectMsg<LedgerProgress>(Soon);
        Assert.Equal([2], progress.NewlyCommitted);
        Assert.Equal(new LedgerTotals(1, 3, 7, 1, 500), progress.Totals);
        Assert.Equal(1, Leased(skip: [first, second]).Key.Chunk);
    }

    [Fact]
    public void Should_say_a_lease_again_until_it_is_accepted()
    {
        Open([0]);
        var first = Leased();
        Assert.Equal(first, Leased());
        Tell(new ChunkAccepted(first.Work.WorkId, 0, first.LeaseEpoch, "akka.tcp://ism@nowhere:1"));

        // Answered after what was sent before.
        Settle(Result(first) with { LeaseEpoch = first.LeaseEpoch + 1 });
        _region.ExpectNoMsg(TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public void Should_refuse_a_result_under_another_lease_and_settle_a_known_one_again()
    {
        Open([0, 1]);
        _parent.ExpectMsg<LedgerProgress>(Soon);
        var lease = Leased();

        Assert.False(Settle(Result(lease) with { LeaseEpoch = lease.LeaseEpoch - 1 }).Committed);
        Assert.False(Settle(Result(lease) with { LeaseEpoch = lease.LeaseEpoch + 1000 }).Committed);
        Assert.True(Settle(Result(lease)).Committed);
        Assert.True(Settle(Result(lease)).Committed);
        Assert.Equal([0], _parent.ExpectMsg<LedgerProgress>(Soon).NewlyCommitted);
        _parent.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void Should_know_its_commits_after_a_restart_but_make_again_what_is_lost()
    {
        var ledger = Open([0, 1, 2]);
        var leases = new[] { Leased(), Leased() };
        Finish(leases[0]);
        Finish(leases[1]);
        _parent.FishForMessage<LedgerProgress>(m => m.Totals.Chunks == 2, Soon);
        _parent.Watch(ledger);
        Sys.Stop(ledger);
        _parent.FishForMessage(m => m is Terminated, Soon);

        Open([0, 1, 2], chunk => chunk != 1);
        var progress = _parent.FishForMessage<LedgerProgress>(_ => true, Soon);
        Assert.Equal([0], progress.NewlyCommitted);
        Assert.Equal((1, 7L), (progress.Totals.Chunks, progress.Totals.Structures));
        var again = new[] { Leased(after: SecondOpening), Leased(after: SecondOpening) };
        Assert.Equal([1, 2], again.Select(l => l.Key.Chunk));

        Assert.False(Settle(Result(leases[1])).Committed);
        Assert.True(Settle(Result(again[0])).Committed);
    }

    [Fact]
    public async Task Should_lease_again_what_a_featurizer_that_left_had()
    {
        using var second = ActorSystem.Create(NodeOptions.SystemName, Configuration(_folder, NodeRoles.Featurizer));
        var cluster = Akka.Cluster.Cluster.Get(Sys);
        var joined = new TaskCompletionSource();
        var other = Akka.Cluster.Cluster.Get(second);
        other.RegisterOnMemberUp(joined.SetResult);
        other.Join(cluster.SelfAddress);
        await joined.Task.WaitAsync(Soon);
        Open([0]);
        var lease = Leased();
        Tell(new ChunkAccepted(lease.Work.WorkId, 0, lease.LeaseEpoch, other.SelfAddress.ToString()));

        await CoordinatedShutdown.Get(second).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Soon);
        var next = Leased(after: lease.LeaseEpoch);
        Assert.Equal(0, next.Key.Chunk);
        Assert.False(Settle(Result(lease)).Committed);
        Assert.True(Settle(Result(next)).Committed);
    }

    [Fact]
    public void Should_give_up_when_one_chunk_fails_again_and_again()
    {
        Open([0]);
        _parent.ExpectMsg<LedgerProgress>(Soon);
        var epoch = 0L;
        for (var failure = 0; failure < 5; failure++)
        {
            var lease = Leased(after: epoch);
            epoch = lease.LeaseEpoch;
            Tell(new ChunkFailed(lease.Work.WorkId, 0, epoch, "the disk is full"));
            Assert.False(_region.FishForMessage<ChunkSettled>(_ => true, Soon).Committed);
        }

        Assert.Contains("the disk is full", _parent.ExpectMsg<LedgerGaveUp>(Soon).Reason);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }

    private static Config Configuration(string folder, string role) => ConfigurationFactory.ParseString("""
        akka.cluster.roles = [coordinator, featurizer]
        akka.loglevel = ERROR
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """).WithFallback(NodeHocon.For(new NodeOptions { Role = role, NodeId = role, Workspace = folder }));

    private IActorRef Open(int[] order, Func<int, bool>? resultExists = null)
    {
        var work = new ChunkWork { WorkId = "tokenise-test", Kind = WorkKind.Tokenise, Catalogue = "corpus-1", Output = "tokens" };
        return _ledger = _parent.ChildActorOf(LedgerActor.Props(new LedgerSetup(work, order, LeaseTime, 2, resultExists ?? (_ => true)), _region));
    }

    // The next lease that is not one of those known: a lease is said again until it is accepted.
    private LeaseChunk Leased(LeaseChunk[]? skip = null, long after = 0) => _region.FishForMessage<LeaseChunk>(
        m => m.LeaseEpoch > after && skip?.Contains(m) != true, Soon);

    private void Tell(object message) => _ledger.Tell(message, _region);

    private void Finish(LeaseChunk lease) => Assert.True(Settle(Result(lease)).Committed);

    private ChunkSettled Settle(ChunkFinished result)
    {
        Tell(result);
        return _region.FishForMessage<ChunkSettled>(m => m.LeaseEpoch == result.LeaseEpoch, Soon);
    }

    private static ChunkFinished Result(LeaseChunk lease) => new()
    {
        WorkId = lease.Work.WorkId,
        Chunk = lease.Key.Chunk,
        LeaseEpoch = lease.LeaseEpoch,
        Sha256 = "ab",
        Structures = 7,
        Quarantined = 1,
        Residues = 500,
        Seconds = 1,
    };
}
