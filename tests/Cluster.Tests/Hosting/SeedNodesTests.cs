using Akka.Actor;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Hosting;

/// <summary>Nodes that see nothing of each other in the workspace, and know a coordinator's address beforehand.</summary>
public sealed class SeedNodesTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _root = Directory.CreateTempSubdirectory("ism-seeds-").FullName;
    private readonly CancellationTokenSource _stop = new(Deadline);

    public void Dispose()
    {
        _stop.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Should_join_a_seed_of_its_own_job_and_no_other()
    {
        var first = Node(NodeRoles.Coordinator, 0, "a/job") with { Host = "localhost", Bind = "127.0.0.1" };
        using var coordinator = System(first);
        Assert.True(await NodeHost.JoinAsync(coordinator, first, _ => { }, _stop.Token));
        var address = Akka.Cluster.Cluster.Get(coordinator).SelfAddress;
        Assert.Equal("localhost", address.Host);
        string[] seeds = [$"localhost:1", $"localhost:{address.Port}"];

        var second = Node(NodeRoles.Featurizer, 0, "b/job") with { Seeds = seeds };
        using var featurizer = System(second);
        Assert.True(await NodeHost.JoinAsync(featurizer, second, _ => { }, _stop.Token));
        Assert.Contains(Akka.Cluster.Cluster.Get(featurizer).State.Members, m => m.Address.Equals(address));

        var stranger = Node(NodeRoles.Featurizer, 1, "c/another") with { Seeds = seeds, JoinTimeout = TimeSpan.FromSeconds(2) };
        using var other = System(stranger);
        Assert.Empty(await new SeedNodes(other, stranger).FindAsync(_stop.Token));
        var refused = await Assert.ThrowsAsync<TimeoutException>(() => NodeHost.JoinAsync(other, stranger, _ => { }, _stop.Token));
        Assert.Contains($"none of {string.Join(", ", seeds)} answers for another", refused.Message);
    }

    [Fact]
    public async Task Should_found_a_cluster_where_no_seed_answers()
    {
        var first = Node(NodeRoles.Coordinator, 0, "d/job") with { Seeds = ["localhost:1"] };
        using var coordinator = System(first);
        Assert.True(await NodeHost.JoinAsync(coordinator, first, _ => { }, _stop.Token));
        Assert.Single(new MemberFiles(first.Workspace).All());
    }

    [Fact]
    public void Should_listen_on_one_address_and_be_known_by_another()
    {
        var node = Node(NodeRoles.Featurizer, 0, "e/job") with { Host = "ism-0.ism", Bind = "10.0.0.7", Port = 4053 };
        var tcp = NodeHocon.For(node).GetConfig("akka.remote.dot-netty.tcp");
        Assert.Equal(("10.0.0.7", "ism-0.ism", 4053), (tcp.GetString("hostname"), tcp.GetString("public-hostname"), tcp.GetInt("port")));
    }

    private NodeOptions Node(string role, int number, string workspace) => new()
    {
        Role = role,
        NodeId = $"{role}-{number}",
        Workspace = Path.Combine(_root, workspace),
        Times = new MembershipTimes().DividedBy(5),
    };

    private static ActorSystem System(NodeOptions node)
    {
        Directory.CreateDirectory(node.Workspace);
        return ActorSystem.Create(NodeOptions.SystemName, NodeHocon.For(node));
    }
}
