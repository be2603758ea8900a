using Akka.Actor;
using Ism.Cluster.Membership;
using Ism.Protocol.Membership;

namespace Ism.Cluster.Hosting;

/// <summary>
/// Coordinators at addresses that are known beforehand (names of a headless service, say), for a node that finds nobody in the workspace:
/// because what others wrote there reaches it late. Only those are told that work on the same job: at the same address there may still be
/// the cluster of the job before.
/// </summary>
internal sealed class SeedNodes(ActorSystem system, NodeOptions node)
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);

    /// <summary>Asks all at once and returns those that answered for this node's job.</summary>
    public async Task<IReadOnlyList<Address>> FindAsync(CancellationToken cancel)
    {
        var self = _cluster.SelfAddress;
        var asked = node.Seeds.Select(s => Address.Parse($"{self.Protocol}://{NodeOptions.SystemName}@{s}")).Where(a => !a.Equals(self));
        var answers = await Task.WhenAll(asked.Select(a => AskAsync(a, cancel)));
        cancel.ThrowIfCancellationRequested();
        return [.. answers.OfType<Address>()];
    }

    private async Task<Address?> AskAsync(Address seed, CancellationToken cancel)
    {
        try
        {
            var ping = new MembershipPing(_cluster.SelfAddress.ToString(), _cluster.SelfUniqueAddress.Uid);
            var answer = await system.ActorSelection($"{seed}/user/{MembershipActor.ActorName}")
                .Ask<MembershipPong>(ping, node.Times.AskEvery, cancel);
            return answer.Job == node.Job ? seed : null;
        }
        catch (Exception e) when (e is AskTimeoutException or OperationCanceledException)
        {
            return null;
        }
    }
}
