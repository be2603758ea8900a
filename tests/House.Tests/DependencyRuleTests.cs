namespace Ism.House.Tests;

/// <summary>Who may know whom: from the project files through all references, and from the built assemblies where they are there.</summary>
public class DependencyRuleTests
{
    private static readonly string[] Science = ["Ism.Structures", "Ism.Models", "Ism.Corpus", "Ism.Evaluation"];
    private static readonly string[] Nodes = ["Ism.Coordinator", "Ism.Featurizer", "Ism.GpuTrainer"];

    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Ism.Protocol"] = [],
        ["Ism.Collectives"] = [],
        ["Ism.Structures"] = [],
        ["Ism.Cluster"] = ["Ism.Protocol"],
        ["Ism.Pbm"] = ["Ism.Protocol", "Ism.Cluster"],
        ["Ism.Models"] = ["Ism.Structures"],
        ["Ism.Corpus"] = ["Ism.Structures"],
        ["Ism.Evaluation"] = [.. Science],
        ["Ism.Coordinator"] = ["Ism.Protocol", "Ism.Cluster", .. Science],
        ["Ism.Featurizer"] = ["Ism.Protocol", "Ism.Cluster", .. Science],
        ["Ism.GpuTrainer"] = ["Ism.Protocol", "Ism.Cluster", "Ism.Collectives", .. Science],
    };

    public static TheoryData<string> ScienceProjects() => [.. Science];

    public static TheoryData<string> NodeProjects() => [.. Nodes];

    public static TheoryData<string> AllProjects() => [.. House.Projects.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Should_reach_only_the_projects_it_may_know(string project)
    {
        if (!MayReference.TryGetValue(project, out var allowed))
        {
            // Only the executable may know everything.
            Assert.Equal("ism", project);
            return;
        }

        Assert.Empty(House.Reach(project).Select(p => p.Name).Except([project, .. allowed]));
    }

    [SkippableTheory]
    [MemberData(nameof(AllProjects))]
    public void Should_use_only_the_assemblies_it_may_know(string project)
    {
        var used = UsedBy(project).Where(a => a.StartsWith("Ism.", StringComparison.Ordinal)).ToList();
        if (MayReference.TryGetValue(project, out var allowed))
        {
            Assert.Empty(used.Except(allowed));
        }
        else
        {
            Assert.Empty(used.Except(House.Projects.Keys));
        }
    }

    [Theory]
    [MemberData(nameof(ScienceProjects))]
    public void Science_should_reach_no_actors(string project) => Assert.DoesNotContain(House.PackagesInReach(project), IsAkka);

    [SkippableTheory]
    [MemberData(nameof(ScienceProjects))]
    public void Science_should_use_no_actors(string project) => Assert.DoesNotContain(UsedBy(project), IsAkka);

    [Fact]
    public void Protocol_should_reach_neither_actors_nor_torch()
    {
        Assert.DoesNotContain(House.PackagesInReach("Ism.Protocol"), IsAkka);
        Assert.DoesNotContain(House.PackagesInReach("Ism.Protocol"), IsTorch);
    }

    [SkippableFact]
    public void Protocol_should_use_neither_actors_nor_torch()
    {
        Assert.DoesNotContain(UsedBy("Ism.Protocol"), IsAkka);
        Assert.DoesNotContain(UsedBy("Ism.Protocol"), IsTorch);
    }

    [Fact]
    public void Cluster_should_reach_the_protocol_alone_and_no_torch()
    {
        Assert.Equal(["Ism.Cluster", "Ism.Protocol"], House.Reach("Ism.Cluster").Select(p => p.Name).Order());
        Assert.DoesNotContain(House.PackagesInReach("Ism.Cluster"), IsTorch);
    }

    [Fact]
    public void Collectives_should_reach_no_project_and_no_actors()
    {
        Assert.Equal(["Ism.Collectives"], House.Reach("Ism.Collectives").Select(p => p.Name));
        Assert.DoesNotContain(House.PackagesInReach("Ism.Collectives"), IsAkka);
    }

    [Theory]
    [InlineData("Ism.Structures")]
    [InlineData("Ism.Corpus")]
    public void Should_reach_no_torch(string project) => Assert.DoesNotContain(House.PackagesInReach(project), IsTorch);

    [SkippableTheory]
    [InlineData("Ism.Structures")]
    [InlineData("Ism.Corpus")]
    public void Should_use_no_torch(string project) => Assert.DoesNotContain(UsedBy(project), IsTorch);

    [Theory]
    [MemberData(nameof(NodeProjects))]
    public void Nodes_should_not_know_each_other(string node) =>
        Assert.Equal([node], House.Reach(node).Select(p => p.Name).Intersect(Nodes));

    [Fact]
    public void Only_the_executable_should_know_the_nodes()
    {
        var knowing = House.Projects.Values.Where(p => p.References.Intersect(Nodes).Any()).Select(p => p.Name);
        Assert.Equal(["ism"], knowing);
        Assert.Empty(Nodes.Except(House.Projects["ism"].References));
    }

    [Fact]
    public void Every_project_should_be_in_the_solution_and_every_assembly_have_tests()
    {
        var solution = File.ReadAllText(Repository.Full("ISM.sln")).Replace('\\', '/');
        var projects = Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).ToList();
        Assert.All(projects, p => Assert.Contains($"\"{p}\"", solution));
        var untested = House.Projects.Keys
            .Select(p => p == "ism" ? "Ism.Cli.Tests" : $"{p}.Tests")
            .Where(t => !projects.Any(p => Path.GetFileNameWithoutExtension(p) == t));
        Assert.Empty(untested);
    }

    [Fact]
    public void This_project_should_reference_none_of_ours() =>
        Assert.DoesNotContain("ProjectReference", File.ReadAllText(Repository.Full("tests/House.Tests/Ism.House.Tests.csproj")));

    private static IReadOnlyList<string> UsedBy(string project)
    {
        var used = House.AssemblyReferences(project);
        Skip.If(used is null, $"{project} is not built in this configuration");
        return used!;
    }

    private static bool IsAkka(string name) => name == "Akka" || name.StartsWith("Akka.", StringComparison.Ordinal);

    private static bool IsTorch(string name) => name.Contains("torch", StringComparison.OrdinalIgnoreCase);
}
