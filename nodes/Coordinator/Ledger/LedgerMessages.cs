using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Ledger;

/// <summary>What a ledger is opened for.</summary>
/// <param name="Work">The work; its id names the journal.</param>
/// <param name="Order">Chunks in the order of leasing.</param>
/// <param name="LeaseTime">Time without a word after which a chunk is leased again.</param>
/// <param name="LeasesPerFeaturizer">Chunks a featurizer holds at once.</param>
/// <param name="ResultPath">The result file of a chunk.</param>
public sealed record LedgerSetup(
    ChunkWork Work,
    IReadOnlyList<int> Order,
    TimeSpan LeaseTime,
    int LeasesPerFeaturizer,
    Func<int, string> ResultPath)
{
    /// <summary>What its owner's name in the journal begins with (<see cref="Ism.Cluster.Hosting.JournalScope"/>).</summary>
    public string Scope { get; init; } = "";

    /// <summary>Where a result that the folder does not have may be fetched; null: it is gone.</summary>
    public Func<string, bool>? Bring { get; init; }

    /// <summary>The same in a workspace that may lie on storage.</summary>
    public LedgerSetup On(Workspace workspace) => workspace.Store is null ? this : this with { Bring = path => workspace.Bring(path) };
}

/// <summary>Ledger to its parent: where the work stands. Each chunk is newly committed once its result can be relied on.</summary>
public sealed record LedgerProgress(string WorkId, LedgerTotals Totals, int Leased, IReadOnlyCollection<int> NewlyCommitted)
{
    /// <summary>Commits of earlier runs whose files are still being read.</summary>
    public int Unchecked { get; init; }

    /// <summary>Every chunk is committed, and none of the files may yet prove damaged.</summary>
    public bool IsComplete => Totals.Chunks == Totals.TotalChunks && Unchecked == 0;
}

/// <summary>Ledger to its parent: something a person should look at; the work goes on.</summary>
public sealed record LedgerTrouble(string WorkId, string What);

/// <summary>Ledger to its parent: the journal refused, and this ledger stops; it is to be opened again.</summary>
public sealed record LedgerJournalFailed(string WorkId, string Reason);

/// <summary>Parent to ledger: lease no more chunks until told to go on; what is leased is finished and committed.</summary>
public sealed record PauseLedger(bool Paused);

/// <summary>Ledger to its parent: the work cannot be done.</summary>
public sealed record LedgerGaveUp(string WorkId, string Reason);
