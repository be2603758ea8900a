using System.Text.Json;
using Ism.Structures;
using Ism.Structures.Synthesis;

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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_time_embeddings_by_length_from_sequence_and_structure(bool given)
    {
        var folder = Directory.CreateTempSubdirectory("ism-bench-test-").FullName;
        try
        {
            var (source, results) = (Path.Combine(folder, "structures"), Path.Combine(folder, "results"));
            SyntheticCorpus.Write(source, 6, 3, new SynthesisOptions { MinLength = 20, MaxLength = 60 });
            string[] from = given ? ["--structures", source] : [];
            var bench = await Invocation.Of(
                ["bench", "embed", "--size", "8M", "--lengths", "40", "20", "--repeats", "2", "--device", "cpu", "--out", results, "--json", .. from]);
            Assert.True(bench.Code == ExitCode.Success, bench.Error);
            using var printed = JsonDocument.Parse(bench.Output);
            using var written = JsonDocument.Parse(File.ReadAllText(Path.Combine(results, "embed-runtime.json")));
            Assert.Equal(printed.RootElement.ToString(), written.RootElement.ToString());
            var timings = printed.RootElement.GetProperty("timings").EnumerateArray().ToList();
            var residues = timings.Select(t => t.GetProperty("residues").GetInt32()).ToArray();
            if (given)
            {
                var lengths = StructureBatch.Read([.. StructureSources.List([source])], new() { MinLength = 1 })
                    .Select(read => read.Structure!.Chains[0].Sequence.Length).ToList();
                Assert.Equal(lengths.Min(l => Math.Abs(l - 20)), Math.Abs(residues[0] - 20));
                Assert.Equal(2, timings.Select(t => t.GetProperty("name").GetString()).Distinct().Count());
            }
            else
            {
                Assert.Equal([20, 40], residues);
            }

            Assert.All(timings, t =>
            {
                Assert.All(
                    (string[])["sequence", "reading", "environments", "encoding"], key => Assert.InRange(t.GetProperty(key).GetDouble(), 1e-9, 600));
                Assert.True(t.GetProperty("both").GetDouble() > t.GetProperty("sequence").GetDouble());
                Assert.True(t.GetProperty("structure").GetDouble() >= t.GetProperty("reading").GetDouble());
            });
            var drawing = File.ReadAllText(Path.Combine(results, "embed-runtime.svg"));
            Assert.StartsWith("<svg", drawing, StringComparison.Ordinal);
            Assert.Contains("sequence alone", drawing, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Should_refuse_a_size_that_there_is_not()
    {
        var bench = await Invocation.Of("bench", "embed", "--size", "9M");
        Assert.Equal(ExitCode.BadUsage, bench.Code);
        Assert.Contains("650M", bench.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_the_areas_there_are()
    {
        var bench = await Invocation.Of("bench", "--only", "speed");
        Assert.Equal(ExitCode.BadUsage, bench.Code);
        Assert.Contains("stream", bench.Error, StringComparison.Ordinal);
    }
}
