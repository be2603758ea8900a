using System.Security.Cryptography;
using Akka.Actor;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Benchmarks.Scale;

/// <summary>What the ledger last told. Written by one actor, read by any thread.</summary>
internal sealed class LedgerWatch
{
    /// <summary>Chunks committed.</summary>
    public volatile int Commits;

    /// <summary>Leases that are out.</summary>
    public volatile int Leased;
}

/// <summary>The parent of the ledger: notes how far it is.</summary>
internal sealed class RebalancingParent : ReceiveActor
{
    public RebalancingParent(Props ledger, LedgerWatch watch)
    {
        Context.ActorOf(ledger);
        Receive<LedgerProgress>(m => (watch.Commits, watch.Leased) = (m.Totals.Chunks, m.Leased));
        ReceiveAny(_ => { });
    }
}

/// <summary>A node's lease holder: accepts leases and passes each on once.</summary>
internal sealed class PausingHolder : ReceiveActor
{
    public PausingHolder(IActorRef worker, SimulatedNode node)
    {
        Receive<HeldChunksRequest>(m => Sender.Tell(new HeldChunks(m.WorkId, m.Node, [])));
        var known = new HashSet<long>();
        Receive<LeaseChunk>(m =>
        {
            Sender.Tell(new ChunkAccepted(
                m.Work.WorkId, m.Key.Chunk, m.LeaseEpoch, Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString()));
            if (known.Add(m.LeaseEpoch))
            {
                node.Accept();
                worker.Tell(m, Sender);
            }
        });
        ReceiveAny(_ => { });
    }
}

/// <summary>A node's compute thread: one chunk after the other, each a pause.</summary>
internal sealed class PausingWorker : ReceiveActor
{
    private static readonly string Nothing = Convert.ToHexStringLower(SHA256.HashData([]));

    public PausingWorker(string results, TimeSpan work, SimulatedNode node) => ReceiveAsync<LeaseChunk>(async m =>
    {
        var ledger = Sender;
        node.Begin();
        await Task.Delay(work);
        await File.WriteAllBytesAsync(Path.Combine(results, $"{m.Key.Chunk}"), []);
        node.End();
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
            Seconds = work.TotalSeconds,
        });
    });
}
