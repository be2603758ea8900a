using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
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
    private readonly TestProbe _holder;
    private readonly ConcurrentBag<string> _silent = [];
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
        _holder = CreateTestProbe();
        _holder.SetAutoPilot(new NothingAtHand(node => !_silent.Contains(node)));
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
        _holder.ExpectNoMsg(TimeSpan.FromSeconds(1.5));
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
        var leases = CommitTwoAndStop();
        File.Delete(ResultPath(1));

        Open([0, 1, 2]);
        var first = _parent.FishForMessage<LedgerProgress>(_ => true, Soon);
        Assert.Empty(first.NewlyCommitted);
        Assert.Equal((1, 7L, 1), (first.Totals.Chunks, first.Totals.Structures, first.Unchecked));
        Assert.Equal([0], _parent.FishForMessage<LedgerProgress>(_ => true, Soon).NewlyCommitted);
        var again = new[] { Leased(after: SecondOpening), Leased(after: SecondOpening) };
        Assert.Equal([1, 2], again.Select(l => l.Key.Chunk));

        Assert.False(Settle(Result(leases[1])).Committed);
        Assert.True(Settle(Result(again[0])).Committed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_set_aside_and_make_again_what_was_damaged_while_it_was_closed(bool cut)
    {
        CommitTwoAndStop();
        Damage(1, cut);

        Open([0, 1, 2]);
        Assert.Equal([0], _parent.FishForMessage<LedgerProgress>(m => m.NewlyCommitted.Count > 0, Soon).NewlyCommitted);
        var again = (LeaseChunk)_holder.FishForMessage(m => m is LeaseChunk { Key.Chunk: 1 } l && l.LeaseEpoch > SecondOpening, Soon);
        Assert.True(File.Exists(ResultPath(1) + ResultChecks.Aside));
        Assert.False(File.Exists(ResultPath(1)));

        Finish(again);
        var third = Leased(skip: [again], after: SecondOpening);
        Assert.Equal(2, third.Key.Chunk);
        Finish(third);
        Assert.True(_parent.FishForMessage<LedgerProgress>(m => m.Totals.Chunks == 3, Soon).IsComplete);
    }

    [Fact]
    public void Should_count_the_later_of_two_commits_of_a_chunk_after_another_restart()
    {
        CommitTwoAndStop();
        File.Delete(ResultPath(1));
        var second = Open([0, 1, 2]);
        var again = (LeaseChunk)_holder.FishForMessage(m => m is LeaseChunk { Key.Chunk: 1 } l && l.LeaseEpoch > SecondOpening, Soon);
        Finish(again, "made otherwise"u8.ToArray());
        Stop(second);

        Open([0, 1, 2]);
        var verified = new List<int>();
        _parent.FishForMessage<LedgerProgress>(
            m =>
            {
                verified.AddRange(m.NewlyCommitted);
                return m.Unchecked == 0 && verified.Count > 0;
            },
            Soon);
        Assert.Equal([0, 1], verified.Order());
    }

    [Fact]
    public void Should_make_again_what_a_featurizer_cannot_serve_only_when_it_is_damaged()
    {
        Open([0, 1]);
        var leases = new[] { Leased(), Leased() };
        Finish(leases[0]);
        Finish(leases[1]);
        Assert.True(_parent.FishForMessage<LedgerProgress>(m => m.Totals.Chunks == 2, Soon).IsComplete);

        Tell(new ChunkDamaged(leases[0].Key, leases[0].Work.Output, "the network blinked"));
        Assert.Equal([0], _parent.ExpectMsg<LedgerProgress>(Soon).NewlyCommitted);
        Damage(1, cut: false);
        Tell(new ChunkDamaged(leases[1].Key, "tokens-of-another-work", "a bit is wrong"));
        Tell(new ChunkDamaged(leases[1].Key, leases[1].Work.Output, "a bit is wrong"));
        Assert.False(_parent.ExpectMsg<LedgerProgress>(Soon).IsComplete);
        var again = Leased(skip: leases, after: leases[1].LeaseEpoch);
        Assert.Equal(1, again.Key.Chunk);
        Finish(again);
        Assert.True(_parent.FishForMessage<LedgerProgress>(m => m.Totals.Chunks == 2, Soon).IsComplete);
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
        _silent.Add(cluster.SelfAddress.ToString());
        Open([0]);
        var lease = Leased();
        Tell(new ChunkAccepted(lease.Work.WorkId, 0, lease.LeaseEpoch, other.SelfAddress.ToString()));

        _silent.Clear();
        await CoordinatedShutdown.Get(second).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Soon);
        var next = Leased(after: lease.LeaseEpoch);
        Assert.Equal(0, next.Key.Chunk);
        Assert.False(Settle(Result(lease)).Committed);
        Assert.True(Settle(Result(next)).Committed);
    }

    [Fact]
    public void Should_lease_to_a_node_first_what_it_has_at_hand()
    {
        _holder.SetAutoPilot(new NothingAtHand(_ => true, 3, 1, 77));
        Open([0, 1, 2, 3]);
        Assert.Equal([1, 3], new[] { Leased(), Leased() }.Select(l => l.Key.Chunk));
    }

    [Fact]
    public void Should_lease_nothing_to_a_node_that_does_not_say_what_it_has_at_hand()
    {
        _silent.Add(Akka.Cluster.Cluster.Get(Sys).SelfAddress.ToString());
        Open([0]);
        _holder.FishForMessage<HeldChunksRequest>(_ => true, Soon);
        _holder.FishForMessage<HeldChunksRequest>(_ => true, Soon);
        _silent.Clear();
        var leases = _holder.FishForMessage(m => m is LeaseChunk, Soon);
        Assert.Equal(0, ((LeaseChunk)leases).Key.Chunk);
    }

    [Fact]
    public void Should_lease_again_at_once_what_is_given_back()
    {
        Open([0]);
        _parent.ExpectMsg<LedgerProgress>(Soon);
        var epoch = 0L;
        // More often than a chunk may fail.
        for (var times = 0; times < 8; times++)
        {
            var lease = Leased(after: epoch);
            Tell(new ChunkReleased(lease.Work.WorkId, 0, epoch));
            epoch = lease.LeaseEpoch;
            Tell(new ChunkReleased(lease.Work.WorkId, 0, epoch));
        }

        Finish(Leased(after: epoch));
        Assert.True(_parent.ExpectMsg<LedgerProgress>(Soon).IsComplete);
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
            Assert.False(_holder.FishForMessage<ChunkSettled>(_ => true, Soon).Committed);
        }

        Assert.Contains("the disk is full", _parent.FishForMessage<LedgerGaveUp>(_ => true, Soon).Reason);
    }

    [Fact]
    public void Should_go_on_trying_and_say_so_while_the_storage_refuses()
    {
        Open([0]);
        _parent.ExpectMsg<LedgerProgress>(Soon);
        var lease = Leased();
        var failed = new ChunkFailed(lease.Work.WorkId, 0, lease.LeaseEpoch, "No space left on device") { Storage = true };
        Tell(failed);
        Assert.Contains("No space left", _parent.ExpectMsg<LedgerTrouble>(Soon).What);

        // Told again, because the word that it is settled was lost: neither counted nor worth a word.
        Tell(failed);
        Assert.False(_holder.FishForMessage<ChunkSettled>(_ => true, Soon).Committed);
        Assert.False(_holder.FishForMessage<ChunkSettled>(_ => true, Soon).Committed);
        var again = Leased(after: lease.LeaseEpoch);
        Finish(again);
        Assert.True(_parent.ExpectMsg<LedgerProgress>(Soon).IsComplete);
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

    private LeaseChunk[] CommitTwoAndStop()
    {
        var ledger = Open([0, 1, 2]);
        var leases = new[] { Leased(), Leased() };
        Finish(leases[0]);
        Finish(leases[1]);
        _parent.FishForMessage<LedgerProgress>(m => m.Totals.Chunks == 2, Soon);
        Stop(ledger);
        return leases;
    }

    private void Stop(IActorRef ledger)
    {
        _parent.Watch(ledger);
        Sys.Stop(ledger);
        _parent.FishForMessage(m => m is Terminated, Soon);
    }

    private string ResultPath(int chunk) => Path.Combine(_folder, $"result-{chunk}");

    private void Damage(int chunk, bool cut)
    {
        var bytes = File.ReadAllBytes(ResultPath(chunk));
        bytes[0] ^= 1;
        File.WriteAllBytes(ResultPath(chunk), cut ? bytes[..^1] : bytes);
    }

    private IActorRef Open(int[] order)
    {
        var work = new ChunkWork { WorkId = "tokenise-test", Kind = WorkKind.Tokenise, Catalogue = "corpus-1", Output = "tokens" };
        return _ledger = _parent.ChildActorOf(LedgerActor.Props(new LedgerSetup(work, order, LeaseTime, 2, ResultPath), _ => _holder.Ref));
    }

    // The next lease that is not one of those known: a lease is said again until it is accepted.
    private LeaseChunk Leased(LeaseChunk[]? skip = null, long after = 0) => _holder.FishForMessage<LeaseChunk>(
        m => m.LeaseEpoch > after && skip?.Contains(m) != true, Soon);

    private void Tell(object message) => _ledger.Tell(message, _holder);

    private void Finish(LeaseChunk lease, byte[]? content = null)
    {
        content ??= Encoding.UTF8.GetBytes($"the result of chunk {lease.Key.Chunk}");
        File.WriteAllBytes(ResultPath(lease.Key.Chunk), content);
        Assert.True(Settle(Result(lease) with
        {
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
            Bytes = content.Length,
        }).Committed);
    }

    private ChunkSettled Settle(ChunkFinished result)
    {
        Tell(result);
        return _holder.FishForMessage<ChunkSettled>(m => m.LeaseEpoch == result.LeaseEpoch, Soon);
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

    // Answers what a ledger asks of a node before it leases.
    private sealed class NothingAtHand(Func<string, bool> speaks, params int[] but) : AutoPilot
    {
        public override AutoPilot Run(IActorRef sender, object message)
        {
            if (message is HeldChunksRequest asked && speaks(asked.Node))
            {
                sender.Tell(new HeldChunks(asked.WorkId, asked.Node, but));
            }

            return KeepRunning;
        }
    }
}
