using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Models.Tests.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public sealed class Esm2CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Esm2Model _model = Esm2Initialization.Random(new Esm2Config(2, 24, 2), seed: 3);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Should_accept_what_newer_and_older_folders_have_more_or_less()
    {
        _model.SaveHuggingFace(_folder.Root);
        Rewrite(tensors =>
        {
            tensors["lm_head.decoder.weight"] = tensors["esm.embeddings.word_embeddings.weight"].clone();
            tensors.Remove("esm.embeddings.position_ids");
            tensors.Remove("esm.embeddings.position_embeddings.weight");
            foreach (var name in tensors.Keys.Where(name => name.EndsWith("inv_freq", StringComparison.Ordinal)).ToList())
            {
                tensors.Remove(name);
            }
        });

        using var loaded = Esm2Checkpoint.Load(_folder.Root);

        foreach (var spec in Esm2Parameters.StateDict(_model.Config))
        {
            Close.RequireSame(_model.Tensor(spec.Name), loaded.Tensor(spec.Name), spec.Name);
        }
    }

    [Fact]
    public void Should_read_shards_and_half_precision()
    {
        _model.SaveHuggingFace(_folder.Root);
        using var scope = torch.NewDisposeScope();
        var tensors = SafeTensorsFile.Load(_folder.Path("model.safetensors"));
        File.Delete(_folder.Path("model.safetensors"));
        var shards = tensors.Select((pair, i) => (Pair: pair, File: $"model-0000{1 + (i % 3)}-of-00003.safetensors"))
            .ToLookup(placed => placed.File, placed => placed.Pair);
        foreach (var shard in shards)
        {
            SafeTensorsFile.Save(_folder.Path(shard.Key), shard.Select(pair =>
                KeyValuePair.Create(pair.Key, pair.Value.is_floating_point() ? pair.Value.to(torch.bfloat16) : pair.Value)));
        }

        var map = shards.SelectMany(shard => shard.Select(pair => $"\"{pair.Key}\":\"{shard.Key}\""));
        File.WriteAllText(_folder.Path("model.safetensors.index.json"), $"{{\"weight_map\":{{{string.Join(',', map)}}}}}");

        using var loaded = Esm2Checkpoint.Load(_folder.Root);

        foreach (var spec in Esm2Parameters.Trained(_model.Config))
        {
            Close.RequireSame(_model.Tensor(spec.Name).to(torch.bfloat16).to(torch.float32), loaded.Tensor(spec.Name), spec.Name);
        }
    }

    [Fact]
    public void Should_name_missing_unknown_untied_and_misshapen_tensors()
    {
        Refuses("lm_head.bias", tensors => tensors.Remove("lm_head.bias"), "1 tensors are missing");
        Refuses("lm_head.extra", tensors => tensors["lm_head.extra"] = torch.ones(1), "unknown");
        Refuses("fc1.weight [96, 25] instead of [96, 24]", tensors =>
            tensors["esm.encoder.layer.1.intermediate.dense.weight"] = torch.ones(96, 25), "another shape");
        Refuses("embedding matrix", tensors => tensors["lm_head.decoder.weight"] = torch.ones(33, 24), "differs");
        Refuses("contact_head.regression.bias", tensors => tensors.Remove("esm.contact_head.regression.bias"), "missing");
    }

    [Theory]
    [InlineData("\"rotary\"", "\"absolute\"", "position_embedding_type")]
    [InlineData("\"model_type\": \"esm\"", "\"model_type\": \"bert\"", "model_type")]
    [InlineData("\"emb_layer_norm_before\": false", "\"emb_layer_norm_before\": true", "emb_layer_norm_before")]
    [InlineData("\"num_attention_heads\": 2", "\"num_attention_heads\": 5", "head width")]
    [InlineData("\"vocab_size\": 33", "\"vocab_size\": 34", "vocabulary size 34")]
    [InlineData("\"hidden_size\": 24", "\"hidden_size\": null", "hidden_size is missing")]
    public void Should_say_what_in_a_configuration_is_no_esm2(string from, string to, string message)
    {
        _model.SaveHuggingFace(_folder.Root);
        var config = File.ReadAllText(_folder.Path("config.json"));
        Assert.Contains(from, config);
        File.WriteAllText(_folder.Path("config.json"), config.Replace(from, to));

        var error = Assert.Throws<InvalidDataException>(() => Esm2Checkpoint.Load(_folder.Root));

        Assert.Contains("config.json", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Should_refuse_pickles_and_empty_folders()
    {
        var error = Assert.Throws<InvalidDataException>(() => Esm2Checkpoint.Load(_folder.Path("model.pt")));
        Assert.Contains("pickle", error.Message);
        Assert.Throws<FileNotFoundException>(() => Esm2Checkpoint.Load(_folder.Root));
    }

    [Fact]
    public void Should_know_the_published_sizes()
    {
        (string Name, double Millions)[] published =
            [("8M", 7.5), ("35M", 33.5), ("150M", 148), ("650M", 651), ("3B", 2839), ("15B", 15136)];
        Assert.Equal(published.Select(p => p.Name), Esm2Presets.All.Select(p => p.Name));
        foreach (var (name, millions) in published)
        {
            Assert.InRange(Esm2Presets.Get(name).ParameterCount / 1e6, 0.99 * millions, 1.01 * millions);
        }

        Assert.Throws<ArgumentException>(() => Esm2Presets.Get("7B"));
    }

    private void Refuses(string named, Action<Dictionary<string, torch.Tensor>> change, string message)
    {
        _model.SaveHuggingFace(_folder.Root);
        Rewrite(change);
        var error = Assert.Throws<InvalidDataException>(() => Esm2Checkpoint.Load(_folder.Root));
        Assert.Contains(message, error.Message);
        Assert.Contains(named, error.Message);
    }

    private void Rewrite(Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        var tensors = SafeTensorsFile.Load(_folder.Path("model.safetensors"));
        change(tensors);
        SafeTensorsFile.Save(_folder.Path("model.safetensors"), tensors);
    }
}
