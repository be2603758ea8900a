using System.Text.Json;
using Ism.Models.Esm2;
using Ism.Models.Serialization;

namespace Ism.Cli.Tests;

/// <summary>The verbs that read and write models, from the command line to the files.</summary>
public sealed class ModelVerbTests : IDisposable
{
    private const string Fasta = ">one first\nMKTAYIAKQR\n>two\nACDEFGHIKLMNPQRSTVWY\nGG\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-verbs-").FullName;

    public ModelVerbTests()
    {
        using var model = Esm2Initialization.Random(new Esm2Config(2, 16, 2), seed: 5);
        model.SaveHuggingFace(At("model"));
        File.WriteAllText(At("q.fasta"), Fasta);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_embed_every_residue_of_every_record()
    {
        var run = await Embed(At("out/e.safetensors"), "--include", "representation,logits,contacts,layers", "--json");
        Assert.True(run.Code == ExitCode.Success, run.Error);
        using var said = JsonDocument.Parse(run.Output);
        Assert.Equal((2, 32), (said.RootElement.GetProperty("records").GetInt32(), said.RootElement.GetProperty("residues").GetInt32()));
        using var file = SafeTensorsFile.Open(At("out/e.safetensors"));
        Assert.Equal([10L, 16], file.Tensors["one/representation"].Shape);
        Assert.Equal([22L, 33], file.Tensors["two/logits"].Shape);
        Assert.Equal([22L, 22], file.Tensors["two/contacts"].Shape);
        Assert.Equal([3L, 10, 16], file.Tensors["one/layers"].Shape);
        Assert.Equal(8, file.Tensors.Count);
        Assert.Contains("2/2 sequences", run.Error);
    }

    [Theory]
    [InlineData("--include", "everything", "--include everything: 'everything' cannot be included")]
    [InlineData("--include", "structure-tokens", "--include: structure tokens are asked for")]
    [InlineData("--tokens-per-batch", "0", "--tokens-per-batch 0: must be 1 or more")]
    [InlineData("--device", "tpu", "--device tpu: use auto, cpu, cuda or cuda:N")]
    [InlineData("--threads", "-1", "--threads -1: must be 0 or more")]
    public async Task Should_refuse_what_cannot_be_embedded(string option, string value, string expected)
    {
        var run = await Embed(At("e.safetensors"), option, value);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.StartsWith($"ism: {expected}", run.Problems[^1]);
        Assert.False(File.Exists(At("e.safetensors")));
    }

    [Fact]
    public async Task Should_name_the_record_that_is_wrong()
    {
        File.WriteAllText(At("q.fasta"), ">one\nMK\n>bad\nM7K\n");
        var run = await Embed(At("e.safetensors"));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("record 'bad'", run.Problems[^1]);
        Assert.DoesNotContain("Exception", run.Error);
    }

    [Fact]
    public async Task Should_bring_a_model_out_and_back_in_unchanged()
    {
        var export = await Invocation.Of("export", "--model", At("model"), "--out", At("state.safetensors"));
        Assert.True(export.Code == ExitCode.Success, export.Error);
        Assert.Contains("2 layers of width 16 with 2 heads", export.Output);
        var import = await Invocation.Of("import", "--from", At("state.safetensors"), "--out", At("again"), "--heads", "2");
        Assert.True(import.Code == ExitCode.Success, import.Error);
        Assert.Equal(File.ReadAllBytes(At("model/model.safetensors")), File.ReadAllBytes(At("again/model.safetensors")));
    }

    [Fact]
    public async Task Should_write_a_pickled_state_dict_but_never_read_one()
    {
        Assert.Equal(ExitCode.Success, (await Invocation.Of("export", "--model", At("model"), "--out", At("checkpoint.pth"))).Code);
        var import = await Invocation.Of("import", "--from", At("checkpoint.pth"), "--out", At("again"));
        Assert.Equal(ExitCode.Failed, import.Code);
        Assert.Contains("pickle", Assert.Single(import.Problems));
        Assert.False(Directory.Exists(At("again")));
    }

    [Fact]
    public async Task Should_write_over_a_model_only_when_told_to()
    {
        string[] again = ["export", "--model", At("model"), "--out", At("copy"), "--format", "huggingface"];
        Assert.Equal(ExitCode.Success, (await Invocation.Of(again)).Code);
        var refused = await Invocation.Of(again);
        Assert.Equal(ExitCode.BadUsage, refused.Code);
        Assert.Contains("--force", refused.Error);
        Assert.Equal(ExitCode.Success, (await Invocation.Of([.. again, "--force"])).Code);
    }

    [Fact]
    public async Task Should_generate_the_same_proteins_from_the_same_seed()
    {
        foreach (var name in (string[])["one", "two"])
        {
            var run = await Invocation.Of("synth", "--out", At(name), "--count", "3", "--seed", "9", "--max-length", "70");
            Assert.True(run.Code == ExitCode.Success, run.Error);
            Assert.Contains("3 proteins", run.Output);
        }

        var files = Directory.GetFiles(At("one")).Select(f => Path.GetFileName(f)!).Order().ToList();
        Assert.Equal(3, files.Count);
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(At($"one/{f}")), File.ReadAllBytes(At($"two/{f}"))));
        var refused = await Invocation.Of("synth", "--out", At("three"), "--min-length", "5");
        Assert.Equal(ExitCode.BadUsage, refused.Code);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private Task<Invocation> Embed(string output, params string[] more) =>
        Invocation.Of(["embed", "--model", At("model"), "--fasta", At("q.fasta"), "--out", output, .. more]);
}
