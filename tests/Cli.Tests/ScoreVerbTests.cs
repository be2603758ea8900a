using System.Globalization;
using System.Text.Json;
using Ism.Models.Autoencoder;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Tests;

public sealed class ScoreVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-score-").FullName;

    public ScoreVerbTests()
    {
        SyntheticCorpus.Write(At("structures"), 2, 5, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        using var model = new AtomicAutoencoder(
            new AutoencoderShape { Decoder = false, Layers = 1, Width = 16, Heads = 1, LayerScale = 0.5 }, 3);
        model.Save(At("model"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_score_what_can_be_and_say_why_the_rest_cannot()
    {
        var path = Directory.GetFiles(At("structures")).Order().First();
        var sequence = StructureReader.ReadFile(path).Chains[0].Sequence;
        var name = Path.GetFileName(path);
        File.WriteAllText(
            At("list.csv"),
            $"file,mutation,ddg,note\n{name},{sequence[3]}4W,1,\"a, b\"\n{StructureReader.NameOf(path)},{sequence[5]}6P,2,\nnone,A1G,3,\n{name},A999G,4,\n");
        var run = await Score("--json");
        Assert.True(run.Code == ExitCode.Success, run.Error);
        using var said = JsonDocument.Parse(run.Output);
        Assert.Equal((4, 2, 2), (Number("mutations"), Number("scored"), Number("measured")));
        var lines = File.ReadAllLines(At("out.csv"));
        Assert.Equal("file,mutation,ddg,note,score,problem", lines[0]);
        Assert.StartsWith($"{name},{sequence[3]}4W,1,\"a, b\",", lines[1]);
        var scores = lines[1..3].Select(line => double.Parse(line.Split(',')[^2], CultureInfo.InvariantCulture)).ToArray();
        Assert.All(scores, score => Assert.True(double.IsFinite(score)));
        Assert.Equal(scores[1] > scores[0] ? 1 : -1, said.RootElement.GetProperty("spearman").GetDouble(), 1e-9);
        Assert.Contains("there is no structure of this name", lines[3]);
        Assert.Contains("no such residue", lines[4]);

        Assert.Equal(ExitCode.BadUsage, (await Score()).Code);
        Assert.Contains("2 of 4 lines have no score", (await Score("--force")).Error);

        int Number(string key) => said.RootElement.GetProperty(key).GetInt32();
    }

    private Task<Invocation> Score(params string[] more) => Invocation.Of(
        ["score", At("structures"), "--autoencoder", At("model"), "--mutations", At("list.csv"), "--out", At("out.csv"), .. more]);

    private string At(string name) => Path.Combine(_folder, name);
}
