using System.Text.Json;

namespace Ism.Cli.Tests;

public class BenchVerbTests
{
    [Fact]
    public async Task Should_print_one_flat_object_of_numbers()
    {
        var bench = await Invocation.Of("bench", "--only", "stream", "--seconds", "0.2", "--json");
        Assert.True(bench.Code == ExitCode.Success, bench.Error);
        var numbers = JsonSerializer.Deserialize<Dictionary<string, double>>(bench.Output)!;
        Assert.All(numbers.Keys, k => Assert.StartsWith("stream.", k, StringComparison.Ordinal));
        Assert.True(numbers["stream.residues_per_second"] > numbers["stream.samples_per_second"]);
        Assert.True(numbers["stream.samples_per_second"] > 0);
    }

    [Fact]
    public async Task Should_name_the_areas_there_are()
    {
        var bench = await Invocation.Of("bench", "--only", "speed");
        Assert.Equal(ExitCode.BadUsage, bench.Code);
        Assert.Contains("stream", bench.Error, StringComparison.Ordinal);
    }
}
