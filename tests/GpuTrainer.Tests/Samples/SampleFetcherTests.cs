using System.Buffers;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;

namespace Ism.GpuTrainer.Tests.Samples;

/// <summary>The fetcher against a probe that stands for the shard region.</summary>
public sealed class SampleFetcherTests() : TestKit(ConfigurationFactory.ParseString("akka.loglevel = ERROR, akka.stdout-loglevel = OFF"))
{
    private const string Name = "corpus-1234";
    private const int ChunkSize = 6;
    private const int Batch = 4;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly Workspace _workspace = new(Directory.CreateTempSubdirectory("ism-fetcher-").FullName);
    private readonly SampleOrder _order = new(ChunkSize, ChunkSize, seed: 3, windowChunks: 1);
    private readonly StepBuffer _buffer = new();
    private TestProbe _region = null!;
    private IActorRef _fetcher = ActorRefs.Nobody;

    [Fact]
    public void Should_put_frames_together_in_order_and_ignore_what_comes_twice()
    {
        Start(steps: 1);
        var request = Asked();
        Assert.Equal(_order.Step(0, Batch).Select(p => (p.Row, p.DrawKey)), request.Rows.Zip(request.DrawKeys));
        var frames = Frames(request, size: 7);
        Assert.True(frames.Count > 5);

        Tell(frames[0]);
        Tell(frames[0]);
        Tell(frames[2]);
        Tell(frames[1] with { Request = request.Request + 100 });
        foreach (var frame in frames.Skip(1))
        {
            Tell(frame);
        }

        Tell(frames[^1]);
        Taken(0);
        var credits = _region.ReceiveN(frames.Count - 1, Soon).Cast<GrantCredits>().ToList();
        Assert.All(credits, c => Assert.Equal((request.Request, 1), (c.Request, c.Credits)));
    }

    [Fact]
    public void Should_fetch_ahead_as_far_as_the_plan_says_and_on_when_a_step_is_taken()
    {
        Start(steps: 5, prefetch: 2);
        var requests = new List<FetchSamples> { Asked(), Asked() };
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(300));

        Answer(requests[1]);
        Answer(requests[0]);
        Taken(0);
        Assert.Equal(_order.Step(2, Batch).Select(p => p.DrawKey), Asked().DrawKeys);
        Taken(1);
        Assert.Equal(_order.Step(3, Batch).Select(p => p.DrawKey), Asked().DrawKeys);
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void Should_ask_again_when_samples_are_not_ready()
    {
        Start(steps: 1);
        var first = Asked();
        Tell(new SamplesNotReady(first.Request, "its tokens are not made yet"));
        var second = Asked();

        Assert.NotEqual(first.Request, second.Request);
        Assert.Equal(first.DrawKeys, second.DrawKeys);
        Tell(new SamplesNotReady(second.Request, "its tokens are not made yet"));
        var late = Assert.Throws<TimeoutException>(() => _buffer.TryTake(0, TimeSpan.FromSeconds(1), TimeSpan.Zero, CancellationToken.None));
        Assert.Contains($"chunk {Name}/0 (its tokens are not made yet)", late.Message);
        Answer(Asked());
        Taken(0);
    }

    [Fact]
    public void Should_outlive_answers_that_are_not_what_was_asked_for()
    {
        Start(steps: 1);
        var request = Asked();
        Tell(new SampleFrame(request.Request, 0, true, [1, 2, 3]));
        request = Asked();
        Tell(Frames(request with { Rows = request.Rows[1..], DrawKeys = request.DrawKeys[1..] }, 1 << 16).Single());
        request = Asked();
        Tell(Frames(request with { Rows = [.. request.Rows.Reverse()] }, 1 << 16).Single());
        Answer(Asked());
        Taken(0);
    }

    [Fact]
    public void Should_ask_again_after_silence_and_then_read_the_token_file_itself()
    {
        WriteTokens();
        Start(steps: 1);
        var first = Asked();
        var second = Asked();
        Assert.Equal(first.DrawKeys, second.DrawKeys);

        var samples = _buffer.TryTake(0, Soon, Soon, CancellationToken.None)!;
        using var file = TokenFile.Open(TokenFile.PathOf(_workspace.At("tokens"), 0));
        Assert.Equal(_order.Step(0, Batch), samples.Select(s => s.Position));
        Assert.All(samples, s => Assert.Equal(
            TokenCrop.Draw(file, s.Position.Position, s.Position.DrawKey, 5)?.ToBytes() ?? [], s.Bytes.ToArray()));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_workspace.Root, recursive: true);
    }

    private void Start(long steps, int prefetch = 4)
    {
        _region = CreateTestProbe();
        _fetcher = Sys.ActorOf(SampleFetcher.Props(
            new FetchPlan
            {
                Catalogue = Name,
                Kind = SampleKind.Tokens,
                Limit = 5,
                Tokens = "tokens",
                FirstStep = 0,
                EndStep = steps,
                Batch = step => _order.Step(step, Batch),
                Prefetch = prefetch,
            },
            _buffer,
            _region,
            _workspace));
    }

    private FetchSamples Asked() => _region.ExpectMsg<FetchSamples>(Soon);

    private void Tell(object message) => _fetcher.Tell(message, _region);

    private void Answer(FetchSamples request) => Tell(Frames(request, 1 << 16).Single());

    private static List<SampleFrame> Frames(FetchSamples request, int size)
    {
        var stream = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.Rows.Length; i++)
        {
            SamplePayload.Append(stream, request.Rows[i], Sample(request.DrawKeys[i]));
        }

        var chunks = stream.WrittenSpan.ToArray().Chunk(size).ToList();
        return [.. chunks.Select((bytes, i) => new SampleFrame(request.Request, i, i == chunks.Count - 1, bytes))];
    }

    private static byte[] Sample(ulong drawKey) => [.. BitConverter.GetBytes(drawKey), (byte)(drawKey % 251)];

    private void Taken(long step)
    {
        var samples = _buffer.TryTake(step, Soon, Soon, CancellationToken.None)!;
        Assert.Equal(_order.Step(step, Batch), samples.Select(s => s.Position));
        Assert.All(samples, s => Assert.Equal(Sample(s.Position.DrawKey), s.Bytes.ToArray()));
    }

    // Position 2 is quarantined.
    private void WriteTokens()
    {
        var rows = Enumerable.Range(0, ChunkSize).Where(p => p != 2).Select(p => new TokenRow
        {
            Position = p,
            Name = $"protein-{p}",
            Chain = "A",
            Sequence = "ACDEFGHIKLMN"[p..],
            Tokens = [[.. Enumerable.Range(0, 12 - p).Select(i => (ushort)(i + p))]],
        });
        TokenFileWriter.Write(
            TokenFile.PathOf(_workspace.At("tokens"), 0),
            new TokenFileHeader("1234", 0, new PositionRange(0, ChunkSize), "abc", "0.1.0", ["autoencoder"]),
            rows,
            [new QuarantinedStructure(2, "protein-2", "Empty", "nothing in it")]);
    }
}
