using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Ledger;

/// <summary>How many chunks are where; they add up to those of the catalogue. Those that failed and wait for another try are not among
/// <paramref name="Waiting"/>.</summary>
public readonly record struct LedgerCounts(int Waiting, int Leased, int Committed, int Failing);

/// <summary>The state as people see it.</summary>
public sealed partial class LedgerState
{
    /// <summary>Chunks by state.</summary>
    public LedgerCounts Counts(DateTime now)
    {
        var failing = _failures.Count(f => f.Value.NotBefore > now && !_leases.ContainsKey(f.Key));
        return new LedgerCounts(_order.Length - Totals.Chunks - _leases.Count - failing, _leases.Count, Totals.Chunks, failing);
    }

    /// <summary>Where every chunk stands.</summary>
    /// <param name="workId">The work, for the answer.</param>
    /// <param name="now">The time.</param>
    public ChunkMap Map(string workId, DateTime now)
    {
        var states = new byte[_order.Length];
        for (var chunk = 0; chunk < states.Length; chunk++)
        {
            states[chunk] = (byte)(_committed[chunk] is not null ? ChunkState.Committed
                : _leases.ContainsKey(chunk) ? ChunkState.Leased
                : _failures.TryGetValue(chunk, out var failure) && failure.NotBefore > now ? ChunkState.Failing
                : ChunkState.Waiting);
        }

        var held = _leases.Values.Where(l => l.IsAccepted).OrderBy(l => l.Chunk).ToList();
        var nodes = held.Select(l => l.Node).Distinct().Order(StringComparer.Ordinal).ToArray();
        return new ChunkMap
        {
            WorkId = workId,
            States = states,
            Nodes = nodes,
            Held = [.. held.Select(l => l.Chunk)],
            HeldBy = [.. held.Select(l => Array.IndexOf(nodes, l.Node))],
        };
    }
}
