using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>Names (those of fair-esm) and shapes of the tensors of an ESM2, in the order of its state dict.</summary>
public static class Esm2Parameters
{
    /// <summary>The matrix shared by the look-up and the language head, [33, D].</summary>
    public const string Embedding = "embed_tokens.weight";

    /// <summary>The name under which fair-esm keeps the same matrix a second time.</summary>
    public const string TiedCopy = "lm_head.weight";

    /// <summary>Weights of the contact regression, [1, layers * heads].</summary>
    public const string ContactWeight = "contact_head.regression.weight";

    /// <summary>Bias of the contact regression, [1].</summary>
    public const string ContactBias = "contact_head.regression.bias";

    /// <summary>Tensors of one layer in the order of the state dict.</summary>
    internal static readonly string[] LayerNames =
    [
        "self_attn.k_proj.weight", "self_attn.k_proj.bias", "self_attn.v_proj.weight", "self_attn.v_proj.bias",
        "self_attn.q_proj.weight", "self_attn.q_proj.bias", "self_attn.out_proj.weight", "self_attn.out_proj.bias",
        "self_attn_layer_norm.weight", "self_attn_layer_norm.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias",
        "final_layer_norm.weight", "final_layer_norm.bias",
    ];

    /// <summary>The trained tensors: all but the contact head, the tied matrix once.</summary>
    public static IReadOnlyList<TensorSpec> Trained(Esm2Config config)
    {
        long width = config.Width, feedForward = config.FeedForward, vocabulary = config.VocabularySize;
        var specs = new List<TensorSpec> { F32(Embedding, vocabulary, width) };
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var name in LayerNames)
            {
                specs.Add(F32(InLayer(layer, name), name switch
                {
                    "fc1.weight" => [feedForward, width],
                    "fc1.bias" => [feedForward],
                    "fc2.weight" => [width, feedForward],
                    _ when name.EndsWith("proj.weight", StringComparison.Ordinal) => [width, width],
                    _ => [width],
                }));
            }
        }

        specs.AddRange(
        [
            F32("emb_layer_norm_after.weight", width), F32("emb_layer_norm_after.bias", width),
            F32("lm_head.bias", vocabulary), F32("lm_head.dense.weight", width, width), F32("lm_head.dense.bias", width),
            F32("lm_head.layer_norm.weight", width), F32("lm_head.layer_norm.bias", width),
        ]);
        return specs;
    }

    /// <summary>The contact regression, kept but never trained here.</summary>
    public static IReadOnlyList<TensorSpec> Contact(Esm2Config config) =>
        [F32(ContactWeight, 1, config.Layers * config.Heads), F32(ContactBias, 1)];

    /// <summary>The inverse rotary frequencies of a layer, [head width / 2], always float32.</summary>
    public static string InverseFrequencies(int layer) => InLayer(layer, "self_attn.rot_emb.inv_freq");

    /// <summary>E.g. "layers.3.fc1.weight".</summary>
    public static string InLayer(int layer, string name) => $"layers.{layer}.{name}";

    /// <summary>
    /// Every tensor of <c>ESM2.state_dict()</c> in its order: with one buffer of inverse frequencies a layer and the tied copy.
    /// </summary>
    public static IReadOnlyList<TensorSpec> StateDict(Esm2Config config)
    {
        var specs = new List<TensorSpec>();
        foreach (var spec in Trained(config))
        {
            if (spec.Name == "emb_layer_norm_after.weight")
            {
                specs.AddRange(Contact(config));
            }
            else if (spec.Name == "lm_head.bias")
            {
                specs.Add(F32(TiedCopy, config.VocabularySize, config.Width));
            }

            specs.Add(spec);
            if (spec.Name.EndsWith("out_proj.bias", StringComparison.Ordinal))
            {
                specs.Add(F32(spec.Name.Replace("out_proj.bias", "rot_emb.inv_freq"), config.HeadWidth / 2));
            }
        }

        return specs;
    }

    private static TensorSpec F32(string name, params long[] shape) => new(name, torch.ScalarType.Float32, shape);
}
