using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Corpus.Streaming;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Serving;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;
using Ism.Protocol.Wire;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class ChunkEntityTests : TestKit, IClassFixture<FeaturizerWorkspace>
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
    private readonly TestProbe _trainer;
    private readonly IActorRef _entity;

    public ChunkEntityTests(FeaturizerWorkspace place)
        : base(Settings)
    {
        _place = place;
        _ledger = CreateTestProbe();
        _trainer = CreateTestProbe();
        _entity = Sys.ActorOf(ChunkEntity.Props(place.Context));
    }

    [Fact]
    public void Should_report_a_finished_lease_until_it_is_settled()
    {
        var work = _place.Tokenising("entity-reports");
        _entity.Tell(Lease(work, 1), _ledger);

        Assert.Equal(1, _ledger.ExpectMsg<ChunkAccepted>(Soon).LeaseEpoch);
        var first = Finished();
        Assert.Equal(first, Finished());
        Assert.Equal((1L, 4, 0), (first.LeaseEpoch, first.Structures, first.Quarantined));
        _entity.Tell(new ChunkSettled(Key, work.WorkId, 1, true), _ledger);

        MessagesSoFar(_ledger);
        _ledger.ExpectNoMsg(Quiet);
    }

    [Fact]
    public void Should_accept_a_lease_again_that_is_sent_again()
    {
        var work = _place.Tokenising("entity-again");
        _entity.Tell(Lease(work, 5), _ledger);
        _entity.Tell(Lease(work, 5), _ledger);

        var accepted = Enumerable.Range(0, 2).Select(_ => (ChunkAccepted)_ledger.FishForMessage(m => m is ChunkAccepted, Soon)).ToList();
        Assert.All(accepted, a => Assert.Equal((5L, 0, work.WorkId), (a.LeaseEpoch, a.Chunk, a.WorkId)));
        Assert.Equal(5, Finished().LeaseEpoch);
    }

    [Fact]
    public void Should_count_running_work_for_a_newer_lease_and_ignore_an_older_one()
    {
        using var gate = new ManualResetEventSlim();
        _place.Context.Compute.Post(_ => gate.Wait(Soon), (_, _) => { });
        var work = _place.Tokenising("entity-newer");
        var successor = CreateTestProbe();
        try
        {
            _entity.Tell(Lease(work, 7), _ledger);
            _ledger.ExpectMsg<ChunkAccepted>(Soon);
            _entity.Tell(Lease(work, 8), successor);
            Assert.Equal(8, successor.ExpectMsg<ChunkAccepted>(Soon).LeaseEpoch);
            _entity.Tell(Lease(work, 6), _ledger);
            _entity.Tell(new ChunkSettled(Key, work.WorkId, 7, false), _ledger);
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
        var work = _place.Tokenising("entity-moves");
        try
        {
            _entity.Tell(Lease(work, 9), _ledger);
            _ledger.ExpectMsg<ChunkAccepted>(Soon);
            Sys.Stop(_entity);
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
        var work = _place.Tokenising("entity-fails") with { Encoder = "no-such-encoder" };
        _entity.Tell(Lease(work, 1), _ledger);

        var failed = (ChunkFailed)_ledger.FishForMessage(m => m is ChunkFailed, Soon);
        Assert.Equal((work.WorkId, 0, 1L), (failed.WorkId, failed.Chunk, failed.LeaseEpoch));
        Assert.Contains("no-such-encoder", failed.Reason);
    }

    [Fact]
    public void Should_try_again_under_a_newer_lease_what_failed_under_an_older_one()
    {
        var work = _place.Tokenising("entity-tries-again") with { Encoder = "later-encoder" };
        _entity.Tell(Lease(work, 1), _ledger);
        _ledger.FishForMessage(m => m is ChunkFailed, Soon);

        // The word that the first lease is settled was lost.
        Directory.CreateSymbolicLink(
            _place.Workspace.At("later-encoder"), _place.Workspace.At(Protocol.Jobs.Workspace.Autoencoder));
        _entity.Tell(Lease(work, 2), _ledger);
        Assert.Equal(2, Finished().LeaseEpoch);
    }

    [Fact]
    public void Should_make_again_under_a_newer_lease_a_file_that_was_set_aside()
    {
        var work = _place.Tokenising("entity-set-aside");
        _entity.Tell(Lease(work, 1), _ledger);
        var first = Finished();
        var path = ChunkWorker.ResultPath(_place.Workspace, work, 0);
        File.Move(path, path + ".damaged");
        _entity.Tell(Lease(work, 2), _ledger);

        var again = (ChunkFinished)_ledger.FishForMessage(m => m is ChunkFinished { LeaseEpoch: 2 }, Soon);
        Assert.Equal(first.Sha256, again.Sha256);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Should_send_no_more_frames_than_credits_were_granted()
    {
        var request = LongRequest(credits: 2);
        var whole = new SampleServer(_place.Context).Answer(request)!;
        var frames = (whole.Length + WireCodec.FrameBytes - 1) / WireCodec.FrameBytes;
        Assert.True(frames > 4, $"{whole.Length} bytes are too few to try this with");
        _entity.Tell(request, _trainer);

        var received = Frames(2);
        _trainer.ExpectNoMsg(TimeSpan.FromMilliseconds(500));
        _entity.Tell(new GrantCredits(Key, request.Request, 1), _trainer);
        received.AddRange(Frames(1));
        _trainer.ExpectNoMsg(TimeSpan.FromMilliseconds(500));
        _entity.Tell(new GrantCredits(Key, request.Request, frames), _trainer);
        received.AddRange(Frames(frames - 3));
        _trainer.ExpectNoMsg(TimeSpan.FromMilliseconds(200));

        Assert.Equal(Enumerable.Range(0, frames), received.Select(f => f.Sequence));
        Assert.Equal(Enumerable.Range(0, frames).Select(i => i == frames - 1), received.Select(f => f.Last));
        Assert.All(received, f => Assert.InRange(f.Payload.Length, 1, WireCodec.FrameBytes));
        var bytes = received.SelectMany(f => f.Payload).ToArray();
        Assert.True(whole.AsSpan().SequenceEqual(bytes));
        Assert.Equal(request.Rows, SamplePayload.Split(bytes).Select(s => s.Row));
    }

    [Fact]
    public void Should_let_go_of_the_stream_that_waited_longest_and_of_no_other()
    {
        for (var request = 0; request <= SampleStreams.MostStreams; request++)
        {
            _entity.Tell(LongRequest(credits: 1) with { Request = request }, _trainer);
            Assert.Equal(request, _trainer.ExpectMsg<SampleFrame>(Soon).Request);
            if (request == 1)
            {
                // The first is heard of again, so the second has waited longest.
                _entity.Tell(new GrantCredits(Key, 0, 1), _trainer);
                Assert.Equal(0, _trainer.ExpectMsg<SampleFrame>(Soon).Request);
            }
        }

        _entity.Tell(new GrantCredits(Key, 1, 1), _trainer);
        _entity.Tell(new GrantCredits(Key, 0, 1), _trainer);
        _entity.Tell(new GrantCredits(Key, 2, 1), _trainer);
        Assert.Equal([(0L, 2), (2L, 1)], Frames(2).Select(f => (f.Request, f.Sequence)));
    }

    [Fact]
    public void Should_answer_that_samples_are_not_ready_or_cannot_be_served()
    {
        var request = LongRequest(1) with { Kind = SampleKind.Tokens, Tokens = "entity-no-tokens", Request = 3 };
        _entity.Tell(request, _trainer);
        Assert.Equal(3, _trainer.ExpectMsg<SamplesNotReady>(Soon).Request);

        _entity.Tell(request with { DrawKeys = [1], Request = 4 }, _trainer);
        Assert.Contains("unequal", _trainer.ExpectMsg<SamplesNotReady>(Soon).Reason);

        _entity.Tell(LongRequest(1) with { Rows = [1000], DrawKeys = [1], Request = 5 }, _trainer);
        Assert.Equal(5, _trainer.ExpectMsg<SamplesNotReady>(Soon).Request);
    }

    private ChunkKey Key => new(_place.CatalogueName, 0);

    private LeaseChunk Lease(ChunkWork work, long epoch) => new(Key, work, epoch, 60);

    private ChunkFinished Finished() => (ChunkFinished)_ledger.FishForMessage(m => m is ChunkFinished, Soon);

    // Asks something that is answered at once: what the entity had sent before has then arrived.
    private List<object> MessagesSoFar(TestProbe probe)
    {
        _entity.Tell(LongRequest(credits: 0), probe);
        var messages = new List<object>();
        while (probe.ReceiveOne(Soon) is { } message and not SamplesNotReady)
        {
            messages.Add(message);
        }

        return messages;
    }

    private List<SampleFrame> Frames(int count) => [.. Enumerable.Range(0, count).Select(_ => _trainer.ExpectMsg<SampleFrame>(Soon))];

    // Whole chains of environments, several times each: some hundred KiB.
    private FetchSamples LongRequest(int credits)
    {
        int[] rows = [.. Enumerable.Range(0, 12).Select(i => i % FeaturizerWorkspace.ChunkSize)];
        return new FetchSamples
        {
            Key = Key,
            Request = 9,
            Kind = SampleKind.Environments,
            Rows = rows,
            DrawKeys = [.. rows.Select((_, i) => (ulong)i)],
            Limit = 0,
            Credits = credits,
        };
    }
}
