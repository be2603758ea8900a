using System.Buffers;
using System.Buffers.Binary;
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

/// <summary>Fetchers of all ranks that share out by cost, against a probe that stands for the shard region.</summary>
public sealed class SharedByCostTests() : TestKit(ConfigurationFactory.ParseString("akka.loglevel = ERROR, akka.stdout-loglevel = OFF"))
{
    private const int Proteins = 60;
    private const int ChunkSize = 5;
    private const int Batch = 12;
    private const int Prefetch = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(700);
    private readonly Workspace _workspace = new(Path.Combine(Path.GetTempPath(), $"ism-none-{Guid.NewGuid():N}"));
    private readonly SampleOrder _order = new(Proteins, ChunkSize, seed: 3, windowChunks: 4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Should_bring_the_same_samples_for_any_number_of_ranks(int world)
    {
        var ranks = Enumerable.Range(0, world).Select(rank => new Rank(this, rank, world, steps: 6)).ToList();
        for (var step = 0L; step < 6; step++)
        {
            var shares = ranks.Select(rank => rank.Take(step)).ToList();

            Assert.Equal(_order.Step(step, Batch), shares.SelectMany(s => s).Select(s => s.Position).OrderBy(p => p.GlobalIndex));
            Assert.Single(shares.Select(s => s.Plan).Distinct());
            Assert.Equal(world == 1, shares[0].Plan == 0);
            long[] costs = [.. _order.Step(step, Batch).Select(p => Cost(CropOf(p)))];
            Assert.Equal(WorkShares.Of(costs, world), shares.Select(s => s.Select(f => (int)(f.Position.GlobalIndex % Batch)).ToArray()));
        }
    }

    [Fact]
    public void Should_ask_for_lengths_steps_ahead_once_a_chunk_and_then_for_samples_alone()
    {
        var rank = new Rank(this, 0, 2, steps: 5);
        var first = rank.Drain();
        Assert.All(first, r => Assert.Equal((SampleKind.Lengths, 0, 0), (r.Kind, r.Rows.Length, r.DrawKeys.Length)));
        Assert.Equal(Chunks(0, 2 * Prefetch), first.Select(r => r.Key.Chunk).Order());

        first.ForEach(rank.Answer);
        var samples = rank.Drain();
        Assert.All(samples, r => Assert.Equal(SampleKind.Tokens, r.Kind));
        rank.AsksNothing();
        samples.ForEach(rank.Answer);
        rank.Take(0, answering: false);

        var next = rank.Drain();
        Assert.Contains(next, r => r.Kind == SampleKind.Tokens);
        Assert.Equal(
            Chunks(2 * Prefetch, 1).Except(Chunks(0, 2 * Prefetch)),
            next.Where(r => r.Kind == SampleKind.Lengths).Select(r => r.Key.Chunk).Order());
    }

    [Fact]
    public void Should_wait_for_lengths_that_are_not_ready_and_outlive_lengths_that_are_none()
    {
        var rank = new Rank(this, 1, 3, steps: 1);
        var asked = rank.Drain();
        rank.Tell(new SamplesNotReady(asked[0].Request, "its tokens are not made yet"));
        rank.Tell(new SampleFrame(asked[1].Request, 0, true, [1, 2, 3]));
        asked.Skip(2).ToList().ForEach(rank.Answer);
        var again = rank.Drain();
        Assert.Equal(asked.Take(2).Select(r => r.Key.Chunk).Order(), again.Select(r => r.Key.Chunk).Order());
        again.ForEach(rank.Answer);
        Assert.NotEmpty(rank.Take(0));
    }

    [Fact]
    public void Should_fetch_a_refused_step_again_by_count_and_ask_for_its_lengths_anew()
    {
        var rank = new Rank(this, 0, 2, steps: 2);
        Assert.NotEqual(0, rank.Take(0).Plan);
        rank.Buffer.Refused!(0);

        var again = rank.Take(0);
        Assert.Equal(0, again.Plan);
        Assert.Equal(_order.Step(0, Batch).Where((_, i) => i % 2 == 0), again.Select(s => s.Position));
        Assert.Equal(Chunks(0, 1), rank.AskedLengths.GroupBy(c => c).Where(c => c.Count() > 1).Select(c => c.Key).Order());
        Assert.NotEqual(0, rank.Take(1).Plan);
    }

    private static long Cost(int length) => 50 + (length * length);

    // Position 7 has no chain; the others have one or two.
    private static int[] ChainsOf(long position) => position == 7 ? [] : position % 3 == 0 ? [3 + (int)position, 90] : [5 + (int)(position * 2)];

    private static int CropOf(SamplePosition p) => ChainsOf(p.Position) is { Length: > 0 } chains
        ? Math.Min(80, chains[Draws.Chain(p.DrawKey, chains.Length)])
        : 0;

    private static byte[] LengthsOf(int chunk)
    {
        int[][] positions = [.. Enumerable.Range(chunk * ChunkSize, ChunkSize).Select(p => ChainsOf(p))];
        int[] numbers = [ChunkSize, .. positions.Select(p => p.Length), .. positions.SelectMany(p => p)];
        var bytes = new byte[4 * numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), numbers[i]);
        }

        return bytes;
    }

    private int[] Chunks(long first, int steps) =>
        [.. Enumerable.Range(0, steps).SelectMany(s => _order.Step(first + s, Batch)).Select(p => p.Chunk).Distinct().Order()];

    private sealed class Rank
    {
        private readonly TestProbe _region;
        private readonly IActorRef _fetcher;

        public Rank(SharedByCostTests test, int rank, int world, long steps)
        {
            _region = test.CreateTestProbe();
            _fetcher = test.Sys.ActorOf(SampleFetcher.Props(
                new FetchPlan
                {
                    Catalogue = "corpus-1234",
                    Kind = SampleKind.Tokens,
                    Limit = 80,
                    FirstStep = 0,
                    EndStep = steps,
                    Batch = step => test._order.Step(step, Batch),
                    Rank = rank,
                    World = world,
                    Cost = Cost,
                    Prefetch = Prefetch,
                    AskAgain = TimeSpan.FromMinutes(5),
                },
                Buffer,
                _region,
                test._workspace));
        }

        public StepBuffer Buffer { get; } = new();

        public List<int> AskedLengths { get; } = [];

        public List<FetchSamples> Drain()
        {
            var asked = new List<FetchSamples> { _region.ExpectMsg<FetchSamples>(Soon) };
            while (_region.ReceiveOne(Quiet) is FetchSamples request)
            {
                asked.Add(request);
            }

            return asked;
        }

        public void AsksNothing() => _region.ExpectNoMsg(Quiet);

        public void Tell(object message) => _fetcher.Tell(message, _region);

        public void Answer(FetchSamples request)
        {
            var stream = new ArrayBufferWriter<byte>();
            foreach (var (row, key) in request.Rows.Zip(request.DrawKeys))
            {
                SamplePayload.Append(stream, row, BitConverter.GetBytes(key));
            }

            if (request.Kind == SampleKind.Lengths)
            {
                AskedLengths.Add(request.Key.Chunk);
            }

            Tell(new SampleFrame(
                request.Request, 0, true, request.Kind == SampleKind.Lengths ? LengthsOf(request.Key.Chunk) : stream.WrittenSpan.ToArray()));
        }

        public FetchedShare Take(long step, bool answering = true)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (true)
            {
                if (Buffer.TryTake(step, answering ? Slice : Soon, Soon, CancellationToken.None) is { } share)
                {
                    Assert.All(share, s => Assert.Equal(BitConverter.GetBytes(s.Position.DrawKey), s.Bytes.ToArray()));
                    return share;
                }

                Assert.True(clock.Elapsed < Soon, $"step {step} did not come within {Soon.TotalSeconds} s");
                while (_region.ReceiveOne(TimeSpan.Zero) is FetchSamples request)
                {
                    Answer(request);
                }
            }
        }
    }
}
