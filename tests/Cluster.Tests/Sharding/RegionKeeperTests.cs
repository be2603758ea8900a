using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Sharding;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;

namespace Ism.Cluster.Tests.Sharding;

/// <summary>A proxy whose region waits for a member that is gone.</summary>
public sealed class RegionKeeperTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-regions-").FullName;
    private readonly List<ActorSystem> _systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        Directory.Delete(_workspace, recursive: true);
    }

    [Fact]
    public async Task Should_make_a_region_anew_that_has_lost_the_shards_coordinator()
    {
        var seed = await UpAsync(NodeRoles.Coordinator, null);
        var host = await UpAsync(NodeRoles.Featurizer, seed);
        ChunkRegion.Host(host, _ => Props.Create(() => new Namer()));
        var chunks = ChunkRegion.Proxy(seed, TimeSpan.FromSeconds(3));
        await AnswersAsync(chunks);

        // A member elsewhere plays one that was the oldest here, and lost its age while it left.
        var elsewhere = await UpAsync(NodeRoles.Featurizer, null);
        // Not its own view of itself, which may lag behind.
        var up = Akka.Cluster.Cluster.Get(elsewhere).State.Members.Single();
        Assert.Equal(MemberStatus.Up, up.Status);
        var leaving = up.CopyUp(int.MaxValue).Copy(MemberStatus.Leaving);
        var exiting = leaving.Copy(MemberStatus.Exiting);
        var region = await seed.ActorSelection("/system/sharding/chunkProxy").ResolveOne(Patience);
        region.Tell(new ClusterEvent.MemberUp(up));
        region.Tell(new ClusterEvent.MemberLeft(leaving));
        region.Tell(new ClusterEvent.MemberExited(exiting));
        region.Tell(new ClusterEvent.MemberRemoved(exiting.Copy(MemberStatus.Removed), MemberStatus.Exiting));
        Assert.Empty((await region.Ask<CurrentRegions>(GetCurrentRegions.Instance, Patience)).Regions);

        await AnswersAsync(chunks, "another-chunk");
        Assert.NotEqual(region, await seed.ActorSelection("/system/sharding/chunkProxy").ResolveOne(Patience));
    }

    [Fact]
    public async Task Should_follow_when_the_region_is_ended()
    {
        var seed = await UpAsync("[coordinator, featurizer]", null);
        var chunks = ChunkRegion.Host(seed, _ => Props.Create(() => new Namer()));
        await AnswersAsync(chunks);
        (await seed.ActorSelection("/system/sharding/chunk").ResolveOne(Patience)).Tell(PoisonPill.Instance);
        await AnswersAsync(chunks, "another-chunk");
    }

    // Messages may be lost, and are sent again, like leases and requests for samples.
    private static async Task AnswersAsync(IActorRef chunks, string catalogue = "a-chunk")
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                Assert.Equal(
                    "named", await chunks.Ask<string>(new GrantCredits(new ChunkKey(catalogue, 1), 1, 1), TimeSpan.FromSeconds(1), deadline.Token));
                return;
            }
            catch (AskTimeoutException)
            {
                // Again.
            }
        }
    }

    private async Task<ActorSystem> UpAsync(string roles, ActorSystem? seed)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.cluster.roles = {{(roles.StartsWith('[') ? roles : $"[{roles}]")}}
            akka.loglevel = OFF
            akka.cluster.gossip-interval = 0.2s
            akka.cluster.leader-actions-interval = 0.2s
            akka.cluster.sharding.retry-interval = 0.5s
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            """).WithFallback(NodeHocon.For(new NodeOptions { Role = NodeRoles.Featurizer, NodeId = "node", Workspace = _workspace }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        _systems.Add(system);
        var cluster = Akka.Cluster.Cluster.Get(system);
        var up = new TaskCompletionSource();
        cluster.RegisterOnMemberUp(up.SetResult);
        cluster.Join(Akka.Cluster.Cluster.Get(seed ?? system).SelfAddress);
        await up.Task.WaitAsync(Patience);
        using var deadline = new CancellationTokenSource(Patience);
        while (!cluster.State.Members.Any(m => m.UniqueAddress.Equals(cluster.SelfUniqueAddress) && m.Status == MemberStatus.Up))
        {
            await Task.Delay(20, deadline.Token);
        }

        return system;
    }

    private sealed class Namer : ReceiveActor
    {
        public Namer() => ReceiveAny(_ => Sender.Tell("named"));
    }
}
