using System.Text.Json;

namespace Ism.House.Tests;

/// <summary>What -p:PetabridgeCmd=… takes, as MSBuild evaluates the project of the adapter: its packages need not be reachable.</summary>
public class PetabridgeSwitchTests
{
    private const string Project = "cluster/Pbm/Ism.Pbm.csproj";
    private static readonly string[] Packages = ["Petabridge.Cmd.Cluster", "Petabridge.Cmd.Cluster.Sharding", "Petabridge.Cmd.Host"];

    [Theory]
    [InlineData("false", "Without", false)]
    [InlineData("true", "With", false)]
    [InlineData("stand-in", "With", true)]
    public void Should_compile_what_the_switch_says(string value, string folder, bool standIn)
    {
        var (code, output) = MsBuild.Evaluate(
            Project, $"-p:PetabridgeCmd={value}", "-getItem:Compile", "-getItem:PackageReference", "-getItem:ProjectReference");
        Assert.True(code == 0, output);
        using var json = JsonDocument.Parse(output);
        var compiled = Names(json, "Compile");
        Assert.NotEmpty(compiled);
        Assert.All(compiled, file => Assert.StartsWith($"{folder}/", file));
        Assert.Equal(value == "true" ? Packages : [], Names(json, "PackageReference").Where(p => p.StartsWith("Petabridge", StringComparison.Ordinal)).Order());
        Assert.Equal(standIn, Names(json, "ProjectReference").Any(p => p.EndsWith("Petabridge.Cmd.Standin.csproj", StringComparison.Ordinal)));
    }

    [Fact]
    public void Should_refuse_a_switch_that_is_not_there()
    {
        var (code, output) = MsBuild.Evaluate(Project, "-p:PetabridgeCmd=perhaps", "-t:CheckPetabridgeCmd");
        Assert.NotEqual(0, code);
        Assert.Contains("use true (its packages), false, or stand-in", output);
    }

    [Fact]
    public void Should_name_an_exact_version_of_every_package() => Assert.All(
        Packages, package => Assert.Contains($"Include=\"{package}\" Version=\"", File.ReadAllText(Repository.Full("Directory.Packages.props"))));

    [Fact]
    public void Should_check_the_adapter_in_every_build()
    {
        var tests = File.ReadAllText(Repository.Full("tests/Pbm.Tests/Ism.Pbm.Tests.csproj"));
        Assert.Contains("../../cluster/Pbm/With/*.cs", tests);
        Assert.Contains("Petabridge.Cmd.Standin.csproj", tests);
    }

    private static List<string> Names(JsonDocument json, string item) =>
        [.. json.RootElement.GetProperty("Items").GetProperty(item).EnumerateArray().Select(i => i.GetProperty("Identity").GetString()!.Replace('\\', '/'))];
}
