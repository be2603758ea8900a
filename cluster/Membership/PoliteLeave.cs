using Akka;
using Akka.Actor;
using Akka.Cluster;

namespace Ism.Cluster.Membership;

/// <summary>
/// A node that is asked to end while it is joining waits until it is up before it leaves. A member's age is given when it comes up; one that
/// leaves without knowing that others already have it as up takes its age away again, and Akka's shard regions and singleton managers then
/// never find it among their members to remove it (they search by age): they would wait for it for ever.
/// </summary>
internal static class PoliteLeave
{
    // Below the time-out of a phase of the coordinated shutdown, 5 s.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Adds the wait to the shutdown of a node.</summary>
    public static void Arrange(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "come-up-before-leaving", async () =>
        {
            for (var waited = TimeSpan.Zero; waited < Longest && IsComingUp(cluster); waited += LookEvery)
            {
                await Task.Delay(LookEvery);
            }

            return Done.Instance;
        });
    }

    /// <summary>A member that has no age yet.</summary>
    public static bool IsComingUp(Member member) => member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp;

    // Before a node knows itself as joining it may have asked to: its own status is then "removed", and it has nothing to leave.
    private static bool IsComingUp(Akka.Cluster.Cluster cluster) => !cluster.IsTerminated && IsComingUp(cluster.SelfMember);
}
