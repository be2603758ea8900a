using System.Text.Json;

namespace Ism.House.Tests;

/// <summary>What -p:Torch=… takes, as MSBuild evaluates the projects. Nothing is restored or built: the CUDA packages need not be
/// reachable.</summary>
public class TorchSwitchTests
{
    [Theory]
    [InlineData("cpu", "libtorch-cpu-linux-x64")]
    [InlineData("cuda", "TorchSharp-cuda-linux")]
    [InlineData("none", null)]
    public void Should_take_the_packages_of_the_switch(string torch, string? package)
    {
        var (code, output) = MsBuild.Evaluate("cli/ism.csproj", $"-p:Torch={torch}", "-p:RuntimeIdentifier=linux-x64", "-getItem:PackageReference");
        Assert.True(code == 0, output);
        using var json = JsonDocument.Parse(output);
        var packages = json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()!)
            .Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(package is null ? [] : [package], packages);
    }

    [Theory]
    [InlineData("gpu", "linux-x64", "use cpu, cuda (Linux) or none")]
    [InlineData("cuda", "osx-arm64", "is for Linux, not for osx-arm64")]
    public void Should_refuse_a_switch_that_is_not_there(string torch, string system, string says)
    {
        var (code, output) = MsBuild.Evaluate("cli/ism.csproj", $"-p:Torch={torch}", $"-p:RuntimeIdentifier={system}", "-t:CheckTorch");
        Assert.NotEqual(0, code);
        Assert.Contains(says, output);
    }

    [Fact]
    public void Should_name_an_exact_version_of_every_package_that_a_switch_takes() => Assert.All(
        (string[])["TorchSharp", "TorchSharp-cuda-linux", "libtorch-cpu-linux-x64"],
        package => Assert.Contains($"Include=\"{package}\" Version=\"", File.ReadAllText(Repository.Full("Directory.Packages.props"))));
}
