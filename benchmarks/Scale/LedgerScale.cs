using System.Diagnostics;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Benchmarks.Scale;

/// <summary>A ledger over a SQLite journal whose chunks are finished at once by a stand-in for the featurizers, and its restart.</summary>
internal static class LedgerScale
{
    private const int ChunkSize = 256;
    private const int Leases = 64;

    public static async Task RunAsync(long structures, string folder, Action<string, double, string> print)
    {
        var chunks = (int)((structures + ChunkSize - 1) / ChunkSize);
        Directory.CreateDirectory(Path.Combine(folder, "results"));
        var setup = new LedgerSetup(
            new ChunkWork { WorkId = "scale", Kind = WorkKind.Tokenise, Catalogue = "scale", Output = "results" },
            [.. Enumerable.Range(0, chunks)], TimeSpan.FromMinutes(5), Leases, chunk => PathOf(folder, chunk));
        await WithSystemAsync(folder, async system =>
        {
            var stand = system.ActorOf(Props.Create(() => new InstantHolder(folder)));
            var clock = Stopwatch.StartNew();
            await CompleteAsync(system, setup, _ => stand, _ => { });
            print("lease, finish, commit a chunk", clock.Elapsed.TotalMilliseconds / chunks, $"ms ({chunks:#,0} chunks one after the other)");
        });
        print("journal on disk", new FileInfo(Path.Combine(folder, "ledger", "journal.db")).Length / 1048576.0, "MiB");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await WithSystemAsync(folder, async system =>
        {
            var clock = Stopwatch.StartNew();
            await CompleteAsync(system, setup, _ => ActorRefs.Nobody, known =>
                print("restart until the ledger answers", clock.Elapsed.TotalSeconds, $"s, with {known:#,0} commits known"));
            print("restart until every file is checked", clock.Elapsed.TotalSeconds, "s (files of no bytes)");
            print("ledger and its system in memory", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1048576.0, "MiB");
        });
    }

    private static string PathOf(string folder, int chunk) => Path.Combine(folder, "results", $"chunk-{chunk:D6}");

    private static async Task CompleteAsync(ActorSystem system, LedgerSetup setup, Func<string, ICanTell> holderAt, Action<int> first)
    {
        var done = new TaskCompletionSource();
        system.ActorOf(Props.Create(() => new Parent(LedgerActor.Props(setup, holderAt), first, done)));
        await done.Task;
    }

    private static async Task WithSystemAsync(string folder, Func<ActorSystem, Task> use)
    {
        var config = ConfigurationFactory.ParseString("""
            akka.cluster.roles = [coordinator, featurizer]
            akka.loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """).WithFallback(NodeHocon.For(new NodeOptions { Role = NodeRoles.Coordinator, NodeId = "coordinator-0", Workspace = folder }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        try
        {
            var cluster = Akka.Cluster.Cluster.Get(system);
            var up = new TaskCompletionSource();
            cluster.RegisterOnMemberUp(() => up.TrySetResult());
            cluster.Join(cluster.SelfAddress);
            await up.Task;
            await use(system);
        }
        finally
        {
            await system.Terminate();
        }
    }

    // Accepts every lease and has always finished it: what remains is the ledger's own cost.
    private sealed class InstantHolder : ReceiveActor
    {
        private static readonly string Nothing = Convert.ToHexStringLower(SHA256.HashData([]));

        public InstantHolder(string folder)
        {
            Receive<HeldChunksRequest>(m => Sender.Tell(new HeldChunks(m.WorkId, m.Node, [])));
            Receive<LeaseChunk>(m =>
            {
                File.WriteAllBytes(PathOf(folder, m.Key.Chunk), []);
                Sender.Tell(new ChunkAccepted(m.Work.WorkId, m.Key.Chunk, m.LeaseEpoch, "stand-in"));
                Sender.Tell(new ChunkFinished
                {
                    WorkId = m.Work.WorkId,
                    Chunk = m.Key.Chunk,
                    LeaseEpoch = m.LeaseEpoch,
                    Sha256 = Nothing,
                    Bytes = 0,
                    Structures = ChunkSize,
                    Quarantined = 0,
                    Residues = 0,
                    Seconds = 0,
                });
            });
            ReceiveAny(_ => { });
        }
    }

    private sealed class Parent : ReceiveActor
    {
        private bool _first = true;

        public Parent(Props ledger, Action<int> first, TaskCompletionSource done)
        {
            Context.ActorOf(ledger);
            Receive<LedgerProgress>(m =>
            {
                if (_first)
                {
                    _first = false;
                    first(m.Totals.Chunks);
                }

                if (m.IsComplete)
                {
                    done.TrySetResult();
                }
            });
            ReceiveAny(m => done.TrySetException(new InvalidOperationException($"{m}")));
        }
    }
}
