using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Real nodes in one process, whose links are cut and healed; everything goes five times faster than usual.</summary>
public class PartitionTests(ITestOutputHelper output)
{
    private const string First = "coordinator-0";
    private const string Second = "coordinator-1";

    [Fact]
    public async Task A_minority_leaves_and_joins_again_when_the_links_heal()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 1, featurizers: 2, trainers: 2);
        TestNode[] minority = [cluster["featurizer-1"], cluster["trainer-1"]];
        var majority = cluster.Nodes.Except(minority).ToList();
        await LosesAsync(cluster, majority, minority);
        await cluster.EntitiesAnswerAsync("cut", cluster["featurizer-0"]);
        await HealsAsync(cluster, majority, minority);
    }

    [Fact]
    public async Task An_isolated_node_leaves_and_joins_again_when_its_links_heal()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 1, featurizers: 1, trainers: 2);
        TestNode[] isolated = [cluster["trainer-0"]];
        var others = cluster.Nodes.Except(isolated).ToList();
        await LosesAsync(cluster, others, isolated);
        await HealsAsync(cluster, others, isolated);
    }

    [Fact]
    public async Task Of_two_halves_with_a_coordinator_each_one_goes_on()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 2, featurizers: 2, trainers: 2);
        Assert.Equal(First, cluster.Holder);
        TestNode[] half = [cluster[Second], cluster["featurizer-1"], cluster["trainer-1"]];
        var others = cluster.Nodes.Except(half).ToList();
        await LosesAsync(cluster, others, half);
        Assert.Equal(First, cluster.Singletons.Values.Single());
        await HealsAsync(cluster, others, half);
    }

    [Fact]
    public async Task Nobody_leaves_when_a_link_flaps()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 2, featurizers: 1, trainers: 1);
        var flapping = cluster["trainer-0"];
        for (var time = 0; time < 3; time++)
        {
            await cluster.CutAsync(flapping);
            await cluster.UntilAsync($"cut {time}", "others take it for unreachable", () => cluster[First].Sees.Count == 3 ? null : "they do not");
            await cluster.HealAsync(flapping);
            await cluster.WholeAsync($"healed {time}");
        }

        Assert.All(cluster.Nodes, n => Assert.Equal(1, n.Lives));
    }

    // The side that stays removes the lost, which leave.
    private static async Task LosesAsync(TestCluster cluster, IReadOnlyList<TestNode> stay, TestNode[] lost)
    {
        var addresses = lost.Select(n => n.Address!.ToString()).ToList();
        await cluster.CutAsync(lost);
        await cluster.RemovedAsync("cut", stay, addresses);
        await cluster.UntilAsync("cut", "the lost have left", () =>
            lost.FirstOrDefault(n => addresses.Contains(n.Address?.ToString() ?? "")) is { } node ? $"{node.Name} is still {node.Address}" : null);
    }

    private static async Task HealsAsync(TestCluster cluster, IReadOnlyList<TestNode> stay, TestNode[] lost)
    {
        await cluster.HealAsync(lost);
        await cluster.WholeAsync("healed");
        Assert.All(stay, n => Assert.Equal(1, n.Lives));
        Assert.All(lost, n => Assert.Equal(2, n.Lives));
    }
}
