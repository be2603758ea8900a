namespace Ism.Collectives.Nccl;

/// <summary>Finds out over the control group whose fault it is that an operation failed or does not end.</summary>
/// <param name="control">The group.</param>
/// <param name="within">Longest time for an answer of the others.</param>
internal sealed class NcclBlame(IControlGroup control, TimeSpan within)
{
    /// <summary>NCCL or the driver has failed here. A lost peer shows as an error of the network; whose fault that is, the control
    /// group knows.</summary>
    public CollectiveException OfError(NcclCall call, GpuException local, NcclResult state)
    {
        if (state == NcclResult.RemoteError)
        {
            return OfStall(call, local.Message, state);
        }

        try
        {
            control.Watch();
        }
        catch (CollectiveException news)
        {
            return news;
        }

        control.Abort(local.Message);
        return OfThis(call, $"on rank {control.Rank}: {local.Message}", local);
    }

    /// <summary>An operation does not end. Every rank that is alive tells where it is; the one that does not is the one waited
    /// for.</summary>
    public CollectiveException OfStall(NcclCall call, string why, NcclResult mine)
    {
        try
        {
            const int fields = 3;
            var cards = control.Agree([call.Number, call.Fingerprint, (long)mine], within);
            for (var rank = 0; rank < control.World; rank++)
            {
                if (cards[rank * fields] != call.Number || cards[(rank * fields) + 1] != call.Fingerprint)
                {
                    return Failure(
                        CollectiveFailure.Mismatch, rank, call,
                        $"{why}: rank {rank} is in another operation (#{cards[rank * fields]}); all ranks must call the same "
                        + "operations in the same order");
                }
            }

            for (var rank = 0; rank < control.World; rank++)
            {
                if ((NcclResult)cards[(rank * fields) + 2] is var state and not (NcclResult.Success or NcclResult.InProgress))
                {
                    return Failure(CollectiveFailure.Aborted, rank, call, $"{why}: rank {rank} reports {state}");
                }
            }

            return Failure(
                CollectiveFailure.Deadline, null, call,
                $"{why}: all {control.World} ranks are in it and alive, so a GPU or the network between them stands still, or "
                + "cluster.collectiveSeconds is too short");
        }
        catch (CollectiveException unanswered)
        {
            return Failure(unanswered.Failure, unanswered.Peer, call, $"{why}: {unanswered.Message}", unanswered);
        }
    }

    /// <summary>This rank ends the group.</summary>
    public CollectiveException OfThis(NcclCall call, string cause, Exception? inner = null) =>
        Failure(CollectiveFailure.Aborted, control.Rank, call, cause, inner);

    private CollectiveException Failure(
        CollectiveFailure failure, int? peer, NcclCall call, string cause, Exception? inner = null) =>
        new(failure, control.Generation, control.Rank, peer, $"of {control.World}, {call}", cause, inner);
}
