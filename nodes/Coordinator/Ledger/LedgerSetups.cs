using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Ledger;

/// <summary>Ledgers with a job's settings.</summary>
public static class LedgerSetups
{
    /// <summary>The ledger of a work of this job.</summary>
    public static LedgerSetup Of(JobOptions job, ChunkWork work, IReadOnlyList<int> order, Func<int, string> resultPath) => new(
        work, order, TimeSpan.FromSeconds(job.Cluster.LeaseSeconds), job.Cluster.LeasesPerFeaturizer, resultPath);
}
