using System.Text.Json;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Models.Tests.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public class Esm2GoldenCheckpointTests
{
    private const string Contacts = "fair_esm_contact_regression.safetensors";

    [SkippableFact]
    public void Should_load_the_same_model_from_every_form()
    {
        using var fair = Esm2Checkpoint.Load(TinyEsm2.PathOf("fair_esm_state_dict.safetensors"));
        using var raw = Esm2Checkpoint.Load(
            TinyEsm2.PathOf("fair_esm_pt_raw.safetensors"), contactRegression: TinyEsm2.PathOf(Contacts));
        using var huggingFace = Esm2Checkpoint.Load(TinyEsm2.PathOf("hf"));
        var config = TinyEsm2.Config();
        foreach (var model in (Esm2Model[])[fair, raw, huggingFace])
        {
            Assert.Equal(config.ToString(), model.Config.ToString());
            RequireSame(fair, model);
        }

        using var meta = JsonDocument.Parse(File.ReadAllBytes(TinyEsm2.PathOf("meta.json")));
        Assert.Equal(
            meta.RootElement.GetProperty("parameter_count").GetInt64(),
            config.ParameterCount + Esm2Parameters.Contact(config).Sum(spec => spec.Elements));
    }

    [SkippableFact]
    public void Should_compute_the_reference_logits_from_the_hugging_face_folder()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = Esm2Checkpoint.Load(TinyEsm2.PathOf("hf"), torch.float64);
        var expected = SafeTensorsFile.Load(TinyEsm2.PathOf("outputs_mask15_f64.safetensors"));
        using var tokens = PaddedTokens.Pack(expected["tokens"]);
        using var output = model.Forward(tokens, Esm2Outputs.Logits);
        Close.Require(TinyEsm2.Pack(expected["logits"], tokens.Lengths), output.Logits!, 1e-9, "logits");
    }

    [SkippableFact]
    public void Should_come_back_bit_identical_through_hugging_face_and_fair_esm()
    {
        using var folder = new TemporaryFolder();
        using var original = Esm2Checkpoint.Load(TinyEsm2.PathOf("hf"));
        original.SaveFairEsmSafeTensors(folder.Path("fair.safetensors"));
        using var fair = Esm2Checkpoint.Load(folder.Path("fair.safetensors"));
        fair.SaveHuggingFace(folder.Path("again"));
        using var again = Esm2Checkpoint.Load(folder.Path("again"));
        RequireSame(original, again);

        using var scope = torch.NewDisposeScope();
        using var published = SafeTensorsFile.Open(TinyEsm2.PathOf("hf", "model.safetensors"));
        using var written = SafeTensorsFile.Open(folder.Path("again", "model.safetensors"));
        Assert.Equal(published.Metadata, written.Metadata);
        Assert.Equal(published.Tensors.Keys.Order(), written.Tensors.Keys.Order());
        const string Unused = "esm.embeddings.position_embeddings.weight";
        foreach (var name in published.Tensors.Keys.Where(name => name != Unused))
        {
            Close.RequireSame(published.Read(name), written.Read(name), name);
        }
    }

    [SkippableFact]
    public void Should_write_the_files_of_a_published_folder()
    {
        using var folder = new TemporaryFolder();
        using var model = Esm2Checkpoint.Load(TinyEsm2.PathOf("hf"));
        model.SaveHuggingFace(folder.Root);
        foreach (var name in (string[])["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"])
        {
            Assert.Equal(File.ReadAllText(TinyEsm2.PathOf("hf", name)).TrimEnd(), File.ReadAllText(folder.Path(name)).TrimEnd());
        }

        Assert.False(File.ReadAllText(folder.Path("vocab.txt")).EndsWith('\n'));
        var expected = Fields(TinyEsm2.PathOf("hf", "config.json"));
        var written = Fields(folder.Path("config.json"));
        Assert.Equal(expected.Keys, written.Keys);
        foreach (var (key, value) in expected.Where(field => field.Key != "_name_or_path"))
        {
            Assert.True(JsonElement.DeepEquals(value, written[key]) || value.GetDouble() == written[key].GetDouble(), key);
        }

        static Dictionary<string, JsonElement> Fields(string path) =>
            JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText(path))!;
    }

    [SkippableFact]
    public void Should_put_the_published_names_and_weights_into_the_state_dict_file()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        using var model = Esm2Checkpoint.Load(TinyEsm2.PathOf("hf"));
        using var meta = JsonDocument.Parse(File.ReadAllBytes(TinyEsm2.PathOf("meta.json")));
        var names = meta.RootElement.GetProperty("name_map_fair_to_hf").EnumerateObject().Select(pair => pair.Name);
        Assert.Equal(names, Esm2Parameters.StateDict(model.Config).Select(spec => spec.Name));

        model.SaveFairEsm(folder.Path("checkpoint.pth"));
        using var zip = System.IO.Compression.ZipFile.OpenRead(folder.Path("checkpoint.pth"));
        using var published = SafeTensorsFile.Open(TinyEsm2.PathOf("fair_esm_state_dict.safetensors"));
        foreach (var (name, value) in PickleReader.Items(Content("data.pkl")))
        {
            var id = ((PickleReader.Persistent)((PickleReader.Call)value).Arguments[0]).Id;
            Assert.True(published.Read(name).bytes.SequenceEqual(Content($"data/{id[2]}")), name);
        }

        byte[] Content(string name)
        {
            using var stream = zip.GetEntry($"archive/{name}")!.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return memory.ToArray();
        }
    }

    [SkippableFact]
    public void Should_need_the_number_of_heads_only_when_nothing_tells_it()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var config = TinyEsm2.Config();
        var weights = TinyEsm2.Weights();
        foreach (var name in weights.Keys.Where(name => name.EndsWith("inv_freq", StringComparison.Ordinal)).ToList())
        {
            weights.Remove(name);
        }

        SafeTensorsFile.Save(folder.Path("contact.safetensors"), weights);
        using (var model = Esm2Checkpoint.Load(folder.Path("contact.safetensors")))
        {
            Assert.Equal(config.Heads, model.Config.Heads);
        }

        weights.Remove(Esm2Parameters.ContactWeight);
        weights.Remove(Esm2Parameters.ContactBias);
        var path = folder.Path("nothing.safetensors");
        SafeTensorsFile.Save(path, weights);
        Assert.Contains("heads", Assert.Throws<InvalidDataException>(() => Esm2Checkpoint.Load(path)).Message);
        using var told = Esm2Checkpoint.Load(path, heads: config.Heads);
        Assert.Equal(config.Heads, told.Config.Heads);
        Assert.False(told.HasContactHead);
        using var tokens = PackedTokens.From([[0, 5, 6, 2]]);
        var error = Assert.Throws<InvalidOperationException>(() => told.Forward(tokens, Esm2Outputs.Contacts));
        Assert.Contains("contact head", error.Message);
    }

    private static void RequireSame(Esm2Model expected, Esm2Model actual)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var spec in Esm2Parameters.StateDict(expected.Config))
        {
            Close.RequireSame(expected.Tensor(spec.Name), actual.Tensor(spec.Name), spec.Name);
        }
    }
}
