using Ism.Collectives;
using Ism.GpuTrainer.Samples;

namespace Ism.GpuTrainer.Stages;

/// <summary>What all ranks conclude alike at a step boundary.</summary>
/// <param name="Ready">Every rank has its samples.</param>
/// <param name="Leave">Why all leave the generation here; null: they do not.</param>
/// <param name="Checkpoint">The checkpoint to be written here first; null: none.</param>
/// <param name="OnePlan">The ranks that have their samples have shared them out by the same costs.</param>
public readonly record struct BoundaryAgreement(bool Ready, string? Leave, long? Checkpoint, bool OnePlan = true);

/// <summary>
/// Brings the ranks' wishes for a step boundary together in one small all-reduce, so that a join, a leave, a pause or a checkpoint takes
/// effect at the same boundary on every rank and no step is lost or done twice for it. Each flag is reduced with the maximum: who is
/// not ready, who wants to leave (rank + 1), which checkpoint was asked for, and a share's plan from above and from below.
/// </summary>
internal sealed class StageAgreement(ICollectiveGroup group, BoundaryRequests requests)
{
    private long _checkpointed;

    /// <summary>Asks all ranks; all of them call this at the same boundary.</summary>
    /// <exception cref="CollectiveException">A member failed.</exception>
    /// <param name="ready">This rank has its samples.</param>
    /// <param name="plan">By what they were shared out (<see cref="FetchedShare.Plan"/>).</param>
    public BoundaryAgreement Reach(bool ready, long plan = 0)
    {
        var own = requests.LeaveReason;
        Span<long> flags = [ready ? 0 : 1, own is null ? 0 : group.Rank + 1, requests.CheckpointRequest,
            ready ? plan : long.MinValue, ready ? ~plan : long.MinValue];
        group.AllReduce(flags, ReduceOp.Max);
        var leave = flags[1] == 0 ? null : own ?? $"rank {flags[1] - 1} asked for it";
        return new BoundaryAgreement(flags[0] == 0, leave, flags[2] > _checkpointed ? flags[2] : null, flags[3] == ~flags[4]);
    }

    /// <summary>The checkpoint of this number is done on all ranks.</summary>
    public void Checkpointed(long request) => _checkpointed = request;
}
