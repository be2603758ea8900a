using System.Text.Json;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Jobs;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Tests;

public sealed class AtlasVerbTests : IDisposable
{
    private const int Tokens = 3;
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-atlas-verb-").FullName;

    public AtlasVerbTests()
    {
        SyntheticCorpus.Write(At("structures"), 3, 5, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        var workspace = new Workspace(At("run"));
        using var model = new AtomicAutoencoder(
            new AutoencoderShape { Decoder = false, Layers = 1, Width = 16, Heads = 1, LayerScale = 0.5, MaxAtoms = 40 }, 3);
        model.Save(workspace.At(Workspace.Autoencoder));
        var centroids = Enumerable.Range(0, Tokens * 16).Select(i => Math.Sin(i)).ToArray();
        new StructureCodebook(
            new Centroids(centroids, 16), new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(workspace.At(Workspace.Autoencoder)) })
            .Save(workspace.At(Workspace.Codebook));
        File.WriteAllText(At("run/codebook/elbow.json"), """{"Points":[{"Clusters":2,"Inertia":9,"Iterations":1},{"Clusters":8,"Inertia":4,"Iterations":1}],"Knee":null}""");
        var job = new JobOptions { Name = "small", Workspace = workspace.Root };
        JobJson.Save(job with { Corpus = job.Corpus with { Structures = [At("structures")] } }, workspace.At(Workspace.Job));
        File.WriteAllText(
            At("run/events.jsonl"),
            RunEvent.Now(RunEventKind.Started, RunStages.Tuning, 0, 9, "excluded token: token 2: 80.0 % of its 40 residues are under pLDDT 50").ToLine() + "\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_write_an_atlas_of_a_workspace_and_print_its_numbers()
    {
        var run = await Invocation.Of("atlas", At("run"), "--json", "--exemplars", "1", "--structures", $"mine={At("structures")}", "--sample", "2");
        Assert.True(run.Code == ExitCode.Success, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(run.Output, File.ReadAllText(At("run/atlas/atlas.json")));
        var set = Assert.Single(json.RootElement.GetProperty("sets").EnumerateArray());
        Assert.Equal(("mine", 2), (set.GetProperty("name").GetString(), set.GetProperty("structures").GetInt32()));
        Assert.Equal(2, json.RootElement.GetProperty("excluded").GetProperty("token").GetInt32());
        Assert.Equal(Tokens, json.RootElement.GetProperty("elbow").GetProperty("chosen").GetInt32());
        Assert.Contains("id=\"token-2\"", File.ReadAllText(At("run/atlas/atlas.html")));

        // Again with what the job names, from its file, its sets told apart.
        File.WriteAllText(At("job.yaml"), $"workspace: {At("run")}\n");
        Assert.Contains("--force", (await Invocation.Of("atlas", At("job.yaml"))).Error);
        var again = await Invocation.Of("atlas", At("job.yaml"), "--force");
        Assert.True(again.Code == ExitCode.Success, again.Error);
        Assert.EndsWith("atlas.html\n", again.Output);
        using var second = JsonDocument.Parse(File.ReadAllText(At("run/atlas/atlas.json")));
        var own = Assert.Single(second.RootElement.GetProperty("sets").EnumerateArray());
        Assert.Equal(("predicted", 3), (own.GetProperty("name").GetString(), own.GetProperty("structures").GetInt32()));
    }

    [Fact]
    public async Task Should_refuse_what_it_cannot_work_with()
    {
        await Refused("it has no job.json", At("structures"));
        await Refused("there is no such file", At("none"));
        await Refused("there is no such file or folder", At("run"), "--structures", At("none"));
        await Refused("there is no such file or folder", At("run"), "--structures", $"a={At("none")}");
        await Refused("--sample -1: must be 0 or more", At("run"), "--sample", "-1");
        await Refused("--exemplars 0: must be 1 or more", At("run"), "--exemplars", "0");
        File.WriteAllText(At("empty.pdb"), "");
        await Refused("none of 1 structures could be used", At("run"), "--structures", At("empty.pdb"));
        File.WriteAllText(At("job.yaml"), $"workspace: {At("elsewhere")}\n");
        await Refused("has not been run", At("job.yaml"));
        using (var other = new AtomicAutoencoder(new AutoencoderShape { Decoder = false, Layers = 1, Width = 16, Heads = 1 }, 4))
        {
            other.Save(At("run/autoencoder"));
        }

        await Refused("made with another encoder", At("run"));
        Directory.Delete(At("run/codebook"), recursive: true);
        await Refused("has no codebook", At("run"));
        Assert.False(Directory.Exists(At("run/atlas")));
    }

    private static async Task Refused(string why, params string[] args)
    {
        var run = await Invocation.Of(["atlas", .. args]);
        Assert.Contains(why, run.Error);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Empty(run.Output);
    }

    private string At(string name) => Path.Combine(_folder, name);
}
