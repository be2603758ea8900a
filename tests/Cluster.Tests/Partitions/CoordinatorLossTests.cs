using Ism.Cluster.Hosting;
using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Coordinators that are cut off or killed, over real connections; everything goes five times faster than usual.</summary>
public class CoordinatorLossTests(ITestOutputHelper output)
{
    private const string First = "coordinator-0";
    private const string Second = "coordinator-1";

    [Fact]
    public async Task The_only_coordinator_isolated_leaves_the_others_in_peace_and_joins_them_again()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 1, featurizers: 1, trainers: 2);
        var coordinator = cluster[First];
        var others = cluster.Nodes.Where(n => n != coordinator).ToList();
        await cluster.CutAsync(coordinator);
        await cluster.UntilAsync("cut", "the lease given back", () => cluster.Holder is { } holder ? $"held by {holder}" : null);
        await cluster.UntilAsync("cut", "the singleton gone", () => cluster.Singletons.IsEmpty ? null : "it lives");
        await cluster.HealAsync(coordinator);
        await cluster.WholeAsync("healed");
        Assert.All(others, n => Assert.Equal(1, n.Lives));
        Assert.Equal(2, coordinator.Lives);
    }

    [Fact]
    public async Task A_standby_takes_over_from_an_isolated_holder()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 2, featurizers: 1, trainers: 1);
        Assert.Equal(First, cluster.Holder);
        var isolated = cluster[First];
        var others = cluster.Nodes.Where(n => n != isolated).ToList();
        await cluster.CutAsync(isolated);
        await cluster.UntilAsync("cut", "the standby holds the lease", () => cluster.Holder == Second ? null : cluster.Holder ?? "nobody");
        await SingletonOnStandbyAsync(cluster, "cut");
        await cluster.HealAsync(isolated);
        await cluster.WholeAsync("healed");
        Assert.All(others, n => Assert.Equal(1, n.Lives));
        Assert.Equal(Second, cluster.Singletons.Values.Single());
    }

    [Fact]
    public async Task A_new_coordinator_takes_the_place_of_the_only_one_that_was_killed()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 1, featurizers: 1, trainers: 2);
        await cluster.KillAsync(cluster[First]);
        cluster.Start(NodeRoles.Coordinator, 0);
        await cluster.WholeAsync("killed and started again");
        Assert.All(cluster.Nodes, n => Assert.Equal(1, n.Lives));

        await cluster.KillAsync(cluster[First]);
        cluster.Start(NodeRoles.Coordinator, 7);
        await cluster.WholeAsync("killed again, and one of another name started");
        Assert.All(cluster.Nodes, n => Assert.Equal(1, n.Lives));
        await cluster.EntitiesAnswerAsync("after both", cluster["featurizer-0"]);
    }

    [Fact]
    public async Task A_standby_takes_over_from_a_killed_coordinator()
    {
        await using var cluster = await TestCluster.FormAsync(output, coordinators: 2, featurizers: 1, trainers: 1);
        await cluster.KillAsync(cluster[First]);
        await SingletonOnStandbyAsync(cluster, "killed");
        await cluster.WholeAsync("killed");
        Assert.All(cluster.Nodes, n => Assert.Equal(1, n.Lives));
    }

    private static Task<TimeSpan> SingletonOnStandbyAsync(TestCluster cluster, string phase) => cluster.UntilAsync(
        phase, "the singleton on the standby", () => cluster.Singletons.Values.SingleOrDefault() == Second ? null : "not there");
}
