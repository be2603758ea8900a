using System.Text;
using System.Text.Json;

namespace Ism.Models.Esm2;

/// <summary>config.json of a Hugging Face ESM folder.</summary>
public static class HuggingFaceConfig
{
    /// <summary>Positions for which the unused learned position table has rows.</summary>
    public const int MaxPositions = 1026;

    /// <summary>Reads the shape; what the file leaves out has the default that transformers' EsmConfig gives it.</summary>
    /// <exception cref="InvalidDataException">The file describes a model that is no ESM2; the message says in what.</exception>
    public static Esm2Config Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            RequireEsm2(root, path);
            var (layers, width) = (Integer(root, "num_hidden_layers"), Integer(root, "hidden_size"));
            return new Esm2Config(layers, width, Integer(root, "num_attention_heads"))
            {
                FeedForward = Integer(root, "intermediate_size"),
                VocabularySize = Integer(root, "vocab_size"),
                TokenDropout = Value(root, "token_dropout") is { ValueKind: JsonValueKind.True },
                LayerNormEpsilon = Value(root, "layer_norm_eps")?.GetDouble() ?? 1e-12,
            }.Validated();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The text of config.json, with the fields that the published ESM2 folders have.</summary>
    public static string Write(Esm2Config config, string name)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("_name_or_path", name);
            json.WriteStartArray("architectures");
            json.WriteStringValue("EsmForMaskedLM");
            json.WriteEndArray();
            json.WriteNumber("attention_probs_dropout_prob", 0.0);
            json.WriteNull("classifier_dropout");
            json.WriteBoolean("emb_layer_norm_before", false);
            json.WriteNull("esmfold_config");
            json.WriteString("hidden_act", "gelu");
            json.WriteNumber("hidden_dropout_prob", 0.0);
            json.WriteNumber("hidden_size", config.Width);
            json.WriteNumber("initializer_range", 0.02);
            json.WriteNumber("intermediate_size", config.FeedForward);
            json.WriteBoolean("is_folding_model", false);
            json.WriteNumber("layer_norm_eps", config.LayerNormEpsilon);
            json.WriteNumber("mask_token_id", Esm2Alphabet.Mask);
            json.WriteNumber("max_position_embeddings", MaxPositions);
            json.WriteString("model_type", "esm");
            json.WriteNumber("num_attention_heads", config.Heads);
            json.WriteNumber("num_hidden_layers", config.Layers);
            json.WriteNumber("pad_token_id", Esm2Alphabet.Padding);
            json.WriteString("position_embedding_type", "rotary");
            json.WriteBoolean("token_dropout", config.TokenDropout);
            json.WriteString("torch_dtype", "float32");
            json.WriteString("transformers_version", "4.25.0.dev0");
            json.WriteBoolean("use_cache", true);
            json.WriteNull("vocab_list");
            json.WriteNumber("vocab_size", config.VocabularySize);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void RequireEsm2(JsonElement root, string path)
    {
        Require("model_type", "esm", null);
        Require("position_embedding_type", "rotary", "absolute");
        Require("hidden_act", "gelu", "gelu");
        foreach (var name in (string[])["emb_layer_norm_before", "is_folding_model"])
        {
            if (Value(root, name) is { ValueKind: JsonValueKind.True })
            {
                throw new InvalidDataException($"{path}: {name} is true; an ESM2 has false");
            }
        }

        (string, int)[] ids = [("pad_token_id", Esm2Alphabet.Padding), ("mask_token_id", Esm2Alphabet.Mask)];
        foreach (var (name, id) in ids)
        {
            if (Value(root, name) is { } value && value.GetInt32() != id)
            {
                throw new InvalidDataException($"{path}: {name} is {value}; an ESM2 has {id}");
            }
        }

        void Require(string name, string wanted, string? byDefault)
        {
            var given = Value(root, name)?.ToString() ?? byDefault;
            if (given != wanted)
            {
                throw new InvalidDataException($"{path}: {name} is '{given}'; an ESM2 has '{wanted}'");
            }
        }
    }

    private static int Integer(JsonElement root, string name) =>
        Value(root, name)?.GetInt32() ?? throw new FormatException($"{name} is missing");

    private static JsonElement? Value(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
