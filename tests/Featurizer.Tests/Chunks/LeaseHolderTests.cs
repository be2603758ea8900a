using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Featurizer.Chunks;
using Ism.Protocol.Chunks;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class LeaseHolderTests : TestKit, IClassFixture<FeaturizerWorkspace>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    // Long enough that a second report, which comes every 2 s, would be seen.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private static readonly Config Settings = ConfigurationFactory.ParseString("""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.stdout-loglevel = OFF
        akka.loglevel = ERROR
        """);

    private readonly FeaturizerWorkspace _place;
    private readonly TestProbe _ledger;
    private readonly IActorRef _holder;

    public LeaseHolderTests(FeaturizerWorkspace place)
        : base(Settings)
    {
        _place = place;
        _ledger = CreateTestProbe();
        _holder = Sys.ActorOf(LeaseHolder.Props(place.Context));
    }

    [Fact]
    public void Should_report_a_finished_lease_until_it_is_settled()
    {
        var work = _place.Tokenising("holder-reports");
        _holder.Tell(Lease(work, 1), _ledger);

        Assert.Equal(1, _ledger.ExpectMsg<ChunkAccepted>(Soon).LeaseEpoch);
        var first = Finished();
        Assert.Equal(first, Finished());
        Assert.Equal((1L, 4, 0), (first.LeaseEpoch, first.Structures, first.Quarantined));
        _holder.Tell(new ChunkSettled(Key, work.WorkId, 1, true), _ledger);

        MessagesSoFar(_ledger);
        _ledger.ExpectNoMsg(Quiet);
    }

    [Fact]
    public void Should_accept_a_lease_again_that_is_sent_again()
    {
        var work = _place.Tokenising("holder-again");
        _holder.Tell(Lease(work, 5), _ledger);
        _holder.Tell(Lease(work, 5), _ledger);

        var accepted = Enumerable.Range(0, 2).Select(_ => (ChunkAccepted)_ledger.FishForMessage(m => m is ChunkAccepted, Soon)).ToList();
        Assert.All(accepted, a => Assert.Equal((5L, 0, work.WorkId), (a.LeaseEpoch, a.Chunk, a.WorkId)));
        Assert.Equal(5, Finished().LeaseEpoch);
    }

    [Fact]
    public void Should_count_running_work_for_a_newer_lease_and_ignore_an_older_one()
    {
        using var gate = new ManualResetEventSlim();
        _place.Context.Compute.Post(_ => gate.Wait(Soon), (_, _) => { });
        var work = _place.Tokenising("holder-newer");
        var successor = CreateTestProbe();
        try
        {
            _holder.Tell(Lease(work, 7), _ledger);
            _ledger.ExpectMsg<ChunkAccepted>(Soon);
            _holder.Tell(Lease(work, 8), successor);
            Assert.Equal(8, successor.ExpectMsg<ChunkAccepted>(Soon).LeaseEpoch);
            _holder.Tell(Lease(work, 6), _ledger);
            _holder.Tell(new ChunkSettled(Key, work.WorkId, 7, false), _ledger);
        }
        finally
        {
            gate.Set();
        }

        var finished = (ChunkFinished)successor.FishForMessage(m => m is ChunkFinished, Soon);
        Assert.Equal(8, finished.LeaseEpoch);
        Assert.DoesNotContain(MessagesSoFar(_ledger), m => m is ChunkAccepted or ChunkFinished);
    }

    [Fact]
    public void Should_give_back_what_is_undone_when_it_ends()
    {
        using var gate = new ManualResetEventSlim();
        _place.Context.Compute.Post(_ => gate.Wait(Soon), (_, _) => { });
        var work = _place.Tokenising("holder-moves");
        try
        {
            _holder.Tell(Lease(work, 9), _ledger);
            _ledger.ExpectMsg<ChunkAccepted>(Soon);
            Sys.Stop(_holder);
            Assert.Equal(
                new ChunkReleased(work.WorkId, 0, 9), _ledger.FishForMessage(m => m is ChunkReleased or ChunkFinished, Soon));
        }
        finally
        {
            gate.Set();
        }
    }

    [Fact]
    public void Should_report_a_failure_with_its_reason()
    {
        var work = _place.Tokenising("holder-fails") with { Encoder = "no-such-encoder" };
        _holder.Tell(Lease(work, 1), _ledger);

        var failed = (ChunkFailed)_ledger.FishForMessage(m => m is ChunkFailed, Soon);
        Assert.Equal((work.WorkId, 0, 1L), (failed.WorkId, failed.Chunk, failed.LeaseEpoch));
        Assert.Contains("no-such-encoder", failed.Reason);
    }

    [Fact]
    public void Should_try_again_under_a_newer_lease_what_failed_under_an_older_one()
    {
        var work = _place.Tokenising("holder-tries-again") with { Encoder = "later-encoder" };
        _holder.Tell(Lease(work, 1), _ledger);
        _ledger.FishForMessage(m => m is ChunkFailed, Soon);

        // The word that the first lease is settled was lost.
        Directory.CreateSymbolicLink(
            _place.Workspace.At("later-encoder"), _place.Workspace.At(Protocol.Jobs.Workspace.Autoencoder));
        _holder.Tell(Lease(work, 2), _ledger);
        Assert.Equal(2, Finished().LeaseEpoch);
    }

    [Fact]
    public void Should_make_again_under_a_newer_lease_a_file_that_was_set_aside()
    {
        var work = _place.Tokenising("holder-set-aside");
        _holder.Tell(Lease(work, 1), _ledger);
        var first = Finished();
        var path = ChunkWorker.ResultPath(_place.Workspace, work, 0);
        File.Move(path, path + ".damaged");
        _holder.Tell(Lease(work, 2), _ledger);

        var again = (ChunkFinished)_ledger.FishForMessage(m => m is ChunkFinished { LeaseEpoch: 2 }, Soon);
        Assert.Equal(first.Sha256, again.Sha256);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Should_hold_leases_of_several_chunks_and_say_which_are_at_hand()
    {
        using var gate = new ManualResetEventSlim();
        _place.Context.Compute.Post(_ => gate.Wait(Soon), (_, _) => { });
        var work = _place.Tokenising("holder-several");
        var broken = _place.Tokenising("holder-broken") with { Encoder = "no-such-encoder" };
        try
        {
            _holder.Tell(Lease(work, 2) with { Key = Key with { Chunk = 1 } }, _ledger);
            _holder.Tell(Lease(work, 1), _ledger);
            _holder.Tell(Lease(broken, 3), _ledger);
            Assert.Equal([0, 1], AtHand(work));
            Assert.Equal([0], AtHand(broken));
            Assert.Empty(AtHand(_place.Tokenising("holder-other")));
        }
        finally
        {
            gate.Set();
        }

        // Done counts until it is settled, failed does not count at all.
        _ledger.FishForMessage(m => m is ChunkFailed, Soon);
        Assert.Empty(AtHand(broken));
        Assert.Equal([0, 1], AtHand(work));
        _holder.Tell(new ChunkSettled(Key, work.WorkId, 1, true), _ledger);
        Assert.Equal([1], AtHand(work));
    }

    private ChunkKey Key => new(_place.CatalogueName, 0);

    private LeaseChunk Lease(ChunkWork work, long epoch) => new(Key, work, epoch, 60);

    private ChunkFinished Finished() => (ChunkFinished)_ledger.FishForMessage(m => m is ChunkFinished, Soon);

    private int[] AtHand(ChunkWork work)
    {
        var asker = CreateTestProbe();
        _holder.Tell(new HeldChunksRequest(work.WorkId, "here"), asker);
        var held = asker.ExpectMsg<HeldChunks>(Soon);
        Assert.Equal((work.WorkId, "here"), (held.WorkId, held.Node));
        return held.Chunks;
    }

    // Asks something that is answered at once: what the holder had sent before has then arrived.
    private List<object> MessagesSoFar(TestProbe probe)
    {
        _holder.Tell(new HeldChunksRequest("nothing", ""), probe);
        var messages = new List<object>();
        while (probe.ReceiveOne(Soon) is { } message and not HeldChunks)
        {
            messages.Add(message);
        }

        return messages;
    }
}
