using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Benchmarks.Scale;

/// <summary>
/// Featurizers that join a running job: actor systems of this process over TCP, with the real ledger, journal and sharding; a chunk's work is
/// a pause, one after the other on each node, as on its compute thread.
/// </summary>
internal static class Rebalancing
{
    private const int First = 4;
    private const int Last = 16;
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "results"));
        var systems = new List<ActorSystem>();
        try
        {
            var coordinator = await UpAsync(NodeRoles.Coordinator, folder, systems);
            var region = ChunkRegion.Proxy(coordinator);
            for (var i = 0; i < First; i++)
            {
                await FeaturizerAsync(folder, systems);
            }

            // More chunks than are done, in shards that have mostly been placed already.
            var setup = new LedgerSetup(
                new ChunkWork { WorkId = "rebalance", Kind = WorkKind.Tokenise, Catalogue = "scale-0", Output = "results" },
                [.. Enumerable.Range(0, 20_000)], TimeSpan.FromMinutes(1), 4, chunk => Path.Combine(folder, "results", $"{chunk}"));
            var commits = new CommitCount();
            coordinator.ActorOf(Props.Create(() => new Parent(LedgerActor.Props(setup, region), commits)));
            var rate = await RateAsync(commits, Before, First);
            Console.WriteLine($"{First} featurizers: {rate:F1} chunks/s of {First / Work.TotalSeconds:F1} possible");
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(First, Last - First).Select(_ => FeaturizerAsync(folder, systems)));
            Console.WriteLine($"{Last - First} more are up after {clock.Elapsed.TotalSeconds:F1} s");
            rate = await RateAsync(commits, After, Last);
            Console.WriteLine($"{Last} featurizers: {rate:F1} chunks/s of {Last / Work.TotalSeconds:F1} possible in the last 10 s");
        }
        finally
        {
            await Task.WhenAll(systems.Select(s => s.Terminate()));
        }
    }

    // Chunks a second in the last ten seconds; prints the way there.
    private static async Task<double> RateAsync(CommitCount commits, TimeSpan time, int featurizers)
    {
        var clock = Stopwatch.StartNew();
        var rate = 0.0;
        while (clock.Elapsed < time)
        {
            var (before, began) = (commits.Count, clock.Elapsed);
            await Task.Delay(TimeSpan.FromSeconds(10));
            rate = (commits.Count - before) / (clock.Elapsed - began).TotalSeconds;
            Console.WriteLine($"  {clock.Elapsed.TotalSeconds,5:F0} s: {rate,5:F1} chunks/s, {rate * Work.TotalSeconds / featurizers * 100:F0} % of possible");
        }

        return rate;
    }

    private static async Task FeaturizerAsync(string folder, List<ActorSystem> systems)
    {
        var system = await UpAsync(NodeRoles.Featurizer, folder, systems);
        var worker = system.ActorOf(Props.Create(() => new PausingWorker(folder)));
        ChunkRegion.Host(system, _ => Props.Create(() => new PausingEntity(worker)));
    }

    private static async Task<ActorSystem> UpAsync(string role, string folder, List<ActorSystem> systems)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.cluster.roles = [{{role}}]
            akka.loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """).WithFallback(NodeHocon.For(new NodeOptions { Role = role, NodeId = role, Workspace = folder }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        ActorSystem seed;
        lock (systems)
        {
            systems.Add(system);
            seed = systems[0];
        }

        var cluster = Akka.Cluster.Cluster.Get(system);
        var up = new TaskCompletionSource();
        cluster.RegisterOnMemberUp(() => up.TrySetResult());
        cluster.Join(Akka.Cluster.Cluster.Get(seed).SelfAddress);
        await up.Task;
        return system;
    }

    private sealed class CommitCount
    {
        public volatile int Count;
    }

    private sealed class Parent : ReceiveActor
    {
        public Parent(Props ledger, CommitCount commits)
        {
            Context.ActorOf(ledger);
            Receive<LedgerProgress>(m => commits.Count = m.Totals.Chunks);
            ReceiveAny(_ => { });
        }
    }

    private sealed class PausingEntity : ReceiveActor
    {
        public PausingEntity(IActorRef worker)
        {
            var known = new HashSet<long>();
            Receive<LeaseChunk>(m =>
            {
                Sender.Tell(new ChunkAccepted(
                    m.Work.WorkId, m.Key.Chunk, m.LeaseEpoch, Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString()));
                if (known.Add(m.LeaseEpoch))
                {
                    worker.Tell(m, Sender);
                }
            });
            ReceiveAny(_ => { });
        }
    }

    private sealed class PausingWorker : ReceiveActor
    {
        private static readonly string Nothing = Convert.ToHexStringLower(SHA256.HashData([]));

        public PausingWorker(string folder) => ReceiveAsync<LeaseChunk>(async m =>
        {
            var ledger = Sender;
            await Task.Delay(Work);
            await File.WriteAllBytesAsync(Path.Combine(folder, "results", $"{m.Key.Chunk}"), []);
            ledger.Tell(new ChunkFinished
            {
                WorkId = m.Work.WorkId,
                Chunk = m.Key.Chunk,
                LeaseEpoch = m.LeaseEpoch,
                Sha256 = Nothing,
                Bytes = 0,
                Structures = 1,
                Quarantined = 0,
                Residues = 0,
                Seconds = Work.TotalSeconds,
            });
        });
    }
}
