using System.Text.Json;
using Ism.Models.Esm2;
using Ism.Structures;
using Ism.Structures.Numerics;

namespace Ism.Cli.Tests;

/// <summary>`ism eval` from the command line to the files.</summary>
public sealed class EvalVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-eval-").FullName;

    public EvalVerbTests()
    {
        foreach (var (name, seed) in ((string, long)[])[("a", 5), ("b", 6)])
        {
            using var model = Esm2Initialization.Random(new Esm2Config(2, 16, 2), seed);
            model.SaveHuggingFace(At(name));
        }

        var random = new CounterRandom(3);
        var lines = Enumerable.Range(0, 40).Select(i =>
        {
            var sequence = string.Concat(Enumerable.Range(0, 60).Select(_ => AminoAcids.Letters[random.NextInt32(20)]));
            var states = string.Concat(sequence.Select(c => "AEL".Contains(c) ? 'H' : "VIT".Contains(c) ? 'E' : '-'));
            return JsonSerializer.Serialize(new { id = $"p{i}", sequence, ss8 = states });
        });
        File.WriteAllLines(At("ss.jsonl"), lines);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_split_by_identity_evaluate_two_models_and_write_results()
    {
        var run = await Invocation.Of("eval", "ss3", "--model", At("a"), "--model", At("b"), "--data", At("ss.jsonl"), "--out", At("out"),
            "--resamples", "100", "--json");
        Assert.True(run.Code == ExitCode.Success, run.Error);
        using var said = JsonDocument.Parse(run.Output);
        Assert.Equal(8, said.RootElement.GetProperty("proteins").GetInt32());
        var accuracy = said.RootElement.GetProperty("results").EnumerateArray()
            .Single(r => (r.GetProperty("model").GetString(), r.GetProperty("metric").GetString()) == ("a", "accuracy"));

        // Always coil would be right at seven residues in ten; a model of width 16 does not tell all letters apart.
        Assert.InRange(accuracy.GetProperty("value").GetDouble(), 0.8, 1);
        Assert.InRange(accuracy.GetProperty("low").GetDouble(), 0.75, accuracy.GetProperty("value").GetDouble());
        Assert.Equal(3, said.RootElement.GetProperty("differences").GetArrayLength());
        Assert.Equal(17, File.ReadAllLines(At("out/per-protein.csv")).Length);
        Assert.Contains("<svg", File.ReadAllText(At("out/report.html")));
        _ = System.Xml.Linq.XDocument.Load(At("out/accuracy.svg"));
        Assert.Contains("largest identity found", run.Error);
    }

    [Theory]
    [InlineData("nothing", "--data", "ss.jsonl", "there is no task 'nothing'")]
    [InlineData("ss3", "--data", "absent.csv", "there is no such file or folder")]
    [InlineData("ss3", "--identity", "2", "give proteins")]
    [InlineData("binding", "--data", "ss.jsonl", "binding needs tables of sites")]
    public async Task Should_refuse_what_cannot_be_evaluated(string task, string option, string value, string expected)
    {
        var run = await Invocation.Of("eval", task, "--model", At("a"), option, option == "--data" ? At(value) : value);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Contains(expected, run.Problems[^1]);
    }

    [Fact]
    public async Task Should_name_the_line_that_is_wrong()
    {
        File.WriteAllText(At("bad.csv"), "id,sequence,ss3,split\na,MKT,HHH,train\nb,MKT,HH,test\n");
        var run = await Invocation.Of("eval", "ss3", "--model", At("a"), "--data", At("bad.csv"));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("line 3: 2 labels for 3 residues", run.Problems[^1]);
    }

    private string At(string path) => Path.Combine(_folder, path);
}
