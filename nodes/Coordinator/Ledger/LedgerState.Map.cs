using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Ledger;

/// <summary>The state as people see it.</summary>
public sealed partial class LedgerState
{
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

        var held = _leases.Values.Where(l => l.Node.Length > 0).OrderBy(l => l.Chunk).ToList();
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
