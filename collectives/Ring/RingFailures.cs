namespace Ism.Collectives.Ring;

/// <summary>The words for what goes wrong in an operation of a ring.</summary>
/// <param name="me">The rank that says them.</param>
/// <param name="call">The operation it is in.</param>
internal sealed class RingFailures(RingMembership me, Func<RingCall> call)
{
    public CollectiveException Late(TimeSpan deadline, int peer, string what) => Because(
        CollectiveFailure.Deadline, peer,
        $"rank {me.Rank} waited {deadline.TotalSeconds:0.###} s for {me.Describe(peer)}: {what}. It is stalled, "
        + "unreachable or slower than cluster.collectiveSeconds allows");

    public CollectiveException Lost(int peer, string how, Exception? inner = null) =>
        Because(CollectiveFailure.PeerLost, peer, $"rank {me.Rank} lost {me.Describe(peer)}: {how}", inner);

    public CollectiveException Because(CollectiveFailure failure, int peer, string cause, Exception? inner = null) =>
        new(failure, me.Generation, me.Rank, peer, $"{call()} over {me.World} ranks", cause, inner);
}
