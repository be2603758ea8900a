using System.Globalization;
using CsCheck;
using Ism.Cluster.Tests.Membership.Model;
using Xunit.Abstractions;

namespace Ism.Cluster.Tests.Membership;

/// <summary>Histories of a simulated cluster over the real decision, view, looks and lease. A history that fails is shrunk and printed with
/// its seed.</summary>
public class ClusterModelTests(ITestOutputHelper output)
{
    private const double Healed = 180;

    /// <summary>Histories tried; more of them by ISM_MODEL_HISTORIES.</summary>
    private static readonly long Count =
        long.TryParse(Environment.GetEnvironmentVariable("ISM_MODEL_HISTORIES"), CultureInfo.InvariantCulture, out var count) ? count : 400;

    private static readonly Gen<(int Coordinators, int Elastic, int Seed)> Shapes =
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 4], Gen.Int[0, 1000]);

    private static readonly Gen<List<Blow>> Histories = Gen
        .Select(Gen.Enum<BlowKind>(), Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 45], (kind, a, b, seconds) => new Blow(kind, a, b, seconds))
        .List[1, 10];

    [Fact]
    public void Should_declare_nobody_dead_and_let_nobody_leave_when_nothing_is_wrong() => Shapes.Sample(
        shape =>
        {
            var model = Formed(shape);
            model.Run(200);
            Assert.True(model.Unhealthy is null, $"{model.Unhealthy}\n{model.Story}");
            Assert.All(model.Nodes, n => Assert.Equal((1, 0), (n.Incarnation, n.Removed)));
        },
        iter: 30,
        threads: 1);

    [Fact]
    public void Should_become_one_cluster_again_after_any_history() => Gen.Select(Shapes, Histories).Sample(
        (shape, history) =>
        {
            var model = Formed(shape);
            foreach (var blow in history)
            {
                blow.Strike(model);
            }

            model.Mend();
            var took = model.RunUntilHealthy(Healed);
            Assert.True(took is not null, $"after {Healed} s: {model.Unhealthy}\n{model.Story}");
            var before = model.Nodes.Select(n => n.Address).ToList();
            model.Run(60);
            Assert.True(model.Unhealthy is null, $"not for long: {model.Unhealthy}\n{model.Story}");
            Assert.Equal(before, model.Nodes.Select(n => n.Address));
        },
        iter: Count,
        threads: 1,
        print: drawn => $"{drawn.Item1} {string.Join("; ", drawn.Item2)}");

    // Cut into two for good: one side goes on untouched, the other leaves as a whole; and it is the side with more coordinators.
    [Fact]
    public void Should_go_on_on_one_side_alone_when_cut_into_two() => Gen.Select(Shapes, Gen.Int[1, 126]).Sample(
        (shape, mask) =>
        {
            var model = Formed(shape);
            mask &= (1 << model.Nodes.Count) - 1;
            model.Run(10);
            var holder = model.Nodes.Single(n => n.HoldsLease).Number;
            var (here, there) = (Side(model, mask, holder, true), Side(model, mask, holder, false));
            model.Split(mask);
            model.Run(100);
            var (winners, losers) = OthersGoOn(here, there) ? (there, here) : (here, there);

            Assert.All(winners, n => Assert.True(n.Incarnation == 1, $"{n.Name} should have stayed\n{model.Story}"));
            Assert.All(losers, n => Assert.True(n.Incarnation > 1, $"{n.Name} should have left\n{model.Story}"));
            model.Mend();
            Assert.True(model.RunUntilHealthy(Healed) is not null, $"{model.Unhealthy}\n{model.Story}");
            Assert.All(winners, n => Assert.True(n.Incarnation == 1, $"{n.Name} should have stayed after healing\n{model.Story}"));
        },
        iter: 150,
        threads: 1);

    [Fact]
    public void Should_heal_from_the_death_of_all_coordinators_at_once_without_touching_the_elastic_nodes() => Shapes.Sample(
        shape =>
        {
            var model = Formed(shape);
            new Blow(BlowKind.KillCoordinators, 0, 0, 120).Strike(model);
            Assert.All(model.Nodes.Where(n => !n.IsCoordinator), n => Assert.Equal(1, n.Incarnation));
            model.Mend();
            var took = model.RunUntilHealthy(Healed);
            Assert.True(took is not null, $"{model.Unhealthy}\n{model.Story}");
            Assert.All(model.Nodes.Where(n => !n.IsCoordinator), n => Assert.True(n.Incarnation == 1, $"{n.Name} left\n{model.Story}"));
            output.WriteLine($"{shape}: one cluster again {took} s after the coordinators were started again");
        },
        iter: 20,
        threads: 1);

    private static ClusterModel Formed((int Coordinators, int Elastic, int Seed) shape)
    {
        var model = new ClusterModel(shape.Coordinators, shape.Elastic, shape.Seed);
        Assert.True(model.RunUntilHealthy(60) is not null, $"did not form: {model.Unhealthy}\n{model.Story}");
        return model;
    }

    private static List<ModelNode> Side(ClusterModel model, int mask, int of, bool same) =>
        [.. model.Nodes.Where(n => (((mask >> n.Number) & 1) == ((mask >> of) & 1)) == same)];

    private static bool OthersGoOn(List<ModelNode> here, List<ModelNode> there)
    {
        var (coordinatorsHere, coordinatorsThere) = (here.Count(n => n.IsCoordinator), there.Count(n => n.IsCoordinator));
        return here.Count == 1 ? there.Count > 1
            : coordinatorsThere > coordinatorsHere || (coordinatorsThere == coordinatorsHere && there.Count > here.Count);
    }
}
