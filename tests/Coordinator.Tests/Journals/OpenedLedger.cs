using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>A ledger under its parent in an actor system of its own; the test does the featurizers' part.</summary>
internal sealed class OpenedLedger
{
    public const string WorkId = "tokenise-test";
    private static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(10);
    private readonly JournalPlace _place;
    private readonly IActorRef _featurizer;
    private readonly ActorSelection _ledger;

    public OpenedLedger(JournalPlace place, int chunks, Func<int, string>? resultPath = null)
    {
        _place = place;
        System = place.StartSystem();
        _featurizer = System.ActorOf(Holder.HolderProps);
        var work = new ChunkWork { WorkId = WorkId, Kind = WorkKind.Tokenise, Catalogue = "corpus-1", Output = "tokens" };
        var order = Enumerable.Range(0, chunks).ToArray();
        var parent = System.ActorOf(
            Parent.ParentOf(LedgerActor.Props(new LedgerSetup(work, order, LeaseTime, 2, resultPath ?? ResultPath), _ => _featurizer)));
        _ledger = System.ActorSelection(parent.Path / "child");
    }

    /// <summary>Owner of its events.</summary>
    public static string Owner => $"ledger-{WorkId}";

    public ActorSystem System { get; }

    /// <summary>What it tells its parent.</summary>
    public Mailbox Parent { get; } = new();

    /// <summary>What it tells the featurizer's lease holder.</summary>
    public Mailbox Holder { get; } = new();

    /// <summary>The incarnation of a lease's ledger.</summary>
    public static int Incarnation(long epoch) => (int)(epoch >> 32);

    public Task<LeaseChunk> LeasedAsync(int chunk) => Holder.NextAsync<LeaseChunk>(l => l.Key.Chunk == chunk);

    /// <summary>Writes the result of a chunk and says so.</summary>
    public ChunkFinished Finish(LeaseChunk lease)
    {
        var content = Encoding.UTF8.GetBytes($"the result of chunk {lease.Key.Chunk}");
        File.WriteAllBytes(ResultPath(lease.Key.Chunk), content);
        var result = new ChunkFinished
        {
            WorkId = WorkId,
            Chunk = lease.Key.Chunk,
            LeaseEpoch = lease.LeaseEpoch,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
            Structures = 7,
            Quarantined = 1,
            Residues = 500 + lease.Key.Chunk,
            Seconds = 1,
            Bytes = content.Length,
        };
        Tell(result);
        return result;
    }

    /// <summary>Finishes a chunk and waits until that is settled.</summary>
    public async Task<ChunkFinished> CommitAsync(LeaseChunk lease)
    {
        var result = Finish(lease);
        Assert.True((await SettledAsync(result)).Committed);
        return result;
    }

    public Task<ChunkSettled> SettledAsync(ChunkFinished result) =>
        Holder.NextAsync<ChunkSettled>(s => s.LeaseEpoch == result.LeaseEpoch && s.Key.Chunk == result.Chunk);

    /// <summary>Tells the ledger something as an entity.</summary>
    public void Tell(object message) => _ledger.Tell(message, _featurizer);

    private string ResultPath(int chunk) => Path.Combine(_place.Workspace.Root, $"result-{chunk}");
}
