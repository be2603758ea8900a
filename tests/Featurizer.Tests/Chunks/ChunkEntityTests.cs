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

    private static readonly Config Settings = ConfigurationFactory.ParseString("""
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.stdout-loglevel = OFF
        akka.loglevel = ERROR
        """);

    private readonly FeaturizerWorkspace _place;
    private readonly TestProbe _trainer;
    private readonly IActorRef _entity;

    public ChunkEntityTests(FeaturizerWorkspace place)
        : base(Settings)
    {
        _place = place;
        _trainer = CreateTestProbe();
        _entity = Sys.ActorOf(ChunkEntity.Props(place.Context));
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
