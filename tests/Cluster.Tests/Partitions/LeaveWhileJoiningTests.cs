using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Ism.Cluster.Hosting;
using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Nodes that are asked to end while they join, as one that is scaled down at once.</summary>
public class LeaveWhileJoiningTests(ITestOutputHelper output)
{
    // Up to two rounds of gossip and of the leader's actions.
    private static readonly int[] Delays = [0, 60, 120, 180, 240, 300, 360];

    [Fact]
    public async Task A_member_keeps_its_age_whenever_it_leaves()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 1, featurizers: 1, trainers: 0);
        var coordinator = cluster["coordinator-0"];
        var events = new ConcurrentQueue<Member>();
        coordinator.System!.ActorOf(Props.Create(() => new Observer(events)));
        foreach (var (delay, number) in Delays.Select((d, i) => (d, i)))
        {
            var node = cluster.Start(NodeRoles.Featurizer, number + 1);
            await cluster.UntilAsync($"joins {number}", "it is joining", () =>
                node.System is { } system && Akka.Cluster.Cluster.Get(system).SelfMember.Status is MemberStatus.Joining or MemberStatus.Up
                    ? null : "it is not");
            await Task.Delay(delay);
            await cluster.StopAsync(node);
        }

        await cluster.WholeAsync("all are gone");
        var ages = events.GroupBy(m => m.UniqueAddress).Where(g => g.Any(m => m.Status == MemberStatus.Up)).ToList();
        // Not all of them: on a slow machine a node may not wait until it is up.
        Assert.Contains(ages, g => g.Any(m => m.Status is MemberStatus.Leaving or MemberStatus.Exiting));
        Assert.All(ages, g => Assert.All(g, m => Assert.False(
            m.IsOlderThan(g.First()) || g.First().IsOlderThan(m), $"{m.Address}: {string.Join(", ", g)}\n{CapturedLog.Of(cluster.Root)}")));
    }

    private sealed class Observer : ReceiveActor
    {
        public Observer(ConcurrentQueue<Member> events)
        {
            Akka.Cluster.Cluster.Get(Context.System).Subscribe(
                Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
            Receive<ClusterEvent.MemberJoined>(_ => { });
            Receive<ClusterEvent.MemberWeaklyUp>(_ => { });
            Receive<ClusterEvent.IMemberEvent>(e => events.Enqueue(e.Member));
        }
    }
}
