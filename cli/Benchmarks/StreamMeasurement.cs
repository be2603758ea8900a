using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;

namespace Ism.Cli.Benchmarks;

/// <summary>
/// The token stream into one trainer: a featurizer's and a trainer's actor system in this process, joined over TCP on the loopback, with
/// the shard region, chunk entities, frames, credits, fetcher and step buffer of a real run. The trainer decodes every crop and does
/// nothing else, so this is the most that one trainer can take.
/// </summary>
public sealed class StreamMeasurement : IMeasurement
{
    private const int Chunks = 48;
    private const int ChunkSize = 256;
    private const int Batch = 512;
    private const int Crop = 512;
    private const int WindowChunks = 16;
    private const double PingEverySeconds = 0.05;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public string Name => "stream";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Reading>> RunAsync(double seconds, Action<string> say, CancellationToken cancel)
    {
        var root = Directory.CreateTempSubdirectory("ism-bench-").FullName;
        var systems = new List<ActorSystem>();
        try
        {
            var workspace = new Workspace(root);
            say($"writes token files of {Chunks * ChunkSize:N0} generated chains");
            var (catalogue, name) = GeneratedTokens.Write(workspace, Chunks, ChunkSize, shortest: 60, longest: 700);
            var host = await UpAsync(NodeRoles.Featurizer, root, null, systems, cancel);
            using var context = new FeaturizerContext(workspace, new JobOptions());
            ChunkRegion.Host(host, _ => ChunkEntity.Props(context));
            var trainer = await UpAsync(NodeRoles.Trainer, root, host, systems, cancel);
            var buffer = new StepBuffer();
            var order = new SampleOrder(catalogue.Count, catalogue.ChunkSize, 1, WindowChunks);
            var plan = new FetchPlan
            {
                Catalogue = name,
                Kind = SampleKind.Tokens,
                Limit = Crop,
                Tokens = GeneratedTokens.Folder,
                FirstStep = 0,
                EndStep = long.MaxValue,
                Batch = step => order.Step(step, Batch),
                Prefetch = new ClusterOptions().PrefetchSteps,
            };
            trainer.ActorOf(SampleFetcher.Props(plan, buffer, ChunkRegion.Proxy(trainer), workspace));
            host.ActorOf(Props.Create(() => new Echo()), "echo");
            say("streams");
            return await Task.Factory.StartNew(
                () => Take(buffer, seconds, catalogue.Count, trainer, Akka.Cluster.Cluster.Get(host).SelfAddress, cancel),
                cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            await Task.WhenAll(systems.Select(s => s.Terminate()));
            Directory.Delete(root, recursive: true);
        }
    }

    // Every chunk is touched once before the clock starts; after that token files come from the featurizer's cache or are opened again, as
    // in a run.
    private static List<Reading> Take(
        StepBuffer buffer, double seconds, long warmUp, ActorSystem trainer, Address featurizer, CancellationToken cancel)
    {
        var (step, residues, samples, seen) = (0L, 0L, 0L, 0L);
        for (; seen < warmUp; step++)
        {
            seen += Decode(Next(buffer, step, cancel)).Samples;
        }

        using var pings = new Pings(trainer.ActorSelection($"{featurizer}/user/echo"));
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        for (; clock.Elapsed.TotalSeconds < seconds; step++)
        {
            var (s, r) = Decode(Next(buffer, step, cancel));
            (samples, residues) = (samples + s, residues + r);
        }

        var took = clock.Elapsed.TotalSeconds;
        var state = Akka.Cluster.Cluster.Get(trainer).State;
        return
        [
            new("stream.residues_per_second", residues / took, "residues/s into one trainer over the loopback"),
            new("stream.samples_per_second", samples / took, "crops/s"),
            new("stream.bytes_allocated_per_residue", (GC.GetTotalAllocatedBytes() - allocated) / (double)residues,
                "bytes allocated a residue, both sides"),
            new("stream.ping_milliseconds_p99", pings.Percentile(0.99), "ms, 99th percentile of a small message's way there and back meanwhile"),
            new("stream.unreachable", state.Unreachable.Count, "members taken for unreachable meanwhile"),
        ];
    }

    private static FetchedShare Next(StepBuffer buffer, long step, CancellationToken cancel)
    {
        while (true)
        {
            if (buffer.TryTake(step, TimeSpan.FromSeconds(1), Deadline, cancel) is { } samples)
            {
                return samples;
            }
        }
    }

    private static (long Samples, long Residues) Decode(IReadOnlyList<FetchedSample> samples)
    {
        var residues = 0L;
        foreach (var sample in samples)
        {
            residues += TokenCrop.FromBytes(sample.Bytes.Span).Sequence.Length;
        }

        return (samples.Count, residues);
    }

    private static async Task<ActorSystem> UpAsync(
        string role, string workspace, ActorSystem? seed, List<ActorSystem> systems, CancellationToken cancel)
    {
        var config = ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            akka.cluster.roles = [{{role}}]
            akka.loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """)).WithFallback(NodeHocon.For(new NodeOptions { Role = role, NodeId = role, Workspace = workspace }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        systems.Add(system);
        var cluster = Akka.Cluster.Cluster.Get(system);
        var up = new TaskCompletionSource();
        cluster.RegisterOnMemberUp(() => up.TrySetResult());
        cluster.Join(Akka.Cluster.Cluster.Get(seed ?? system).SelfAddress);
        await up.Task.WaitAsync(Deadline, cancel);
        return system;
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }

    // Small messages beside the stream, as heartbeats are.
    private sealed class Pings : IDisposable
    {
        private readonly ActorSelection _echo;
        private readonly List<double> _milliseconds = [];
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _asking;

        public Pings(ActorSelection echo)
        {
            _echo = echo;
            _asking = Task.Run(AskAsync);
        }

        public double Percentile(double share)
        {
            Stop();
            var sorted = _milliseconds.Order().ToArray();
            return sorted.Length == 0 ? double.NaN : sorted[(int)(share * (sorted.Length - 1))];
        }

        public void Dispose()
        {
            Stop();
            _stop.Dispose();
        }

        private void Stop()
        {
            if (!_stop.IsCancellationRequested)
            {
                _stop.Cancel();
                _asking.Wait();
            }
        }

        private async Task AskAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                var sent = Stopwatch.GetTimestamp();
                try
                {
                    await _echo.Ask<string>("ping", Deadline, _stop.Token);
                    _milliseconds.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                    await Task.Delay(TimeSpan.FromSeconds(PingEverySeconds), _stop.Token);
                }
                catch (Exception e) when (e is OperationCanceledException or AskTimeoutException)
                {
                    // The measurement is over, or the last ping was lost: the next one tells.
                }
            }
        }
    }
}
