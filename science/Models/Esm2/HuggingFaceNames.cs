namespace Ism.Models.Esm2;

/// <summary>How an ESM2's tensors are called in a Hugging Face EsmForMaskedLM folder.</summary>
internal static class HuggingFaceNames
{
    /// <summary>The tied matrix under its second name; present in some files.</summary>
    public const string TiedDecoder = "lm_head.decoder.weight";

    /// <summary>Learned positions that an ESM2 with rotary positions does not use, [1026, D].</summary>
    public const string PositionEmbeddings = "esm.embeddings.position_embeddings.weight";

    /// <summary>0, 1, 2, ..., int64 [1, 1026].</summary>
    public const string PositionIds = "esm.embeddings.position_ids";

    private static readonly (string Fair, string HuggingFace)[] InLayer =
    [
        ("self_attn.k_proj", "attention.self.key"), ("self_attn.v_proj", "attention.self.value"),
        ("self_attn.q_proj", "attention.self.query"), ("self_attn.out_proj", "attention.output.dense"),
        ("self_attn.rot_emb", "attention.self.rotary_embeddings"), ("self_attn_layer_norm", "attention.LayerNorm"),
        ("fc1", "intermediate.dense"), ("fc2", "output.dense"), ("final_layer_norm", "LayerNorm"),
    ];

    /// <summary>Tensors that files of this kind may hold and an ESM2 does not use.</summary>
    public static bool IsUnused(string name) => name is PositionEmbeddings or PositionIds
        || name.StartsWith("esm.pooler.", StringComparison.Ordinal);

    /// <summary>The name there of a tensor of fair-esm's state dict.</summary>
    public static string From(string fair)
    {
        var parts = fair.Split('.', 3);
        switch (parts[0])
        {
            case "embed_tokens":
                return "esm.embeddings.word_embeddings.weight";
            case "emb_layer_norm_after":
                return $"esm.encoder.{fair}";
            case "contact_head":
                return $"esm.{fair}";
            case "layers":
                var (own, kind) = (parts[2][..parts[2].LastIndexOf('.')], parts[2][(parts[2].LastIndexOf('.') + 1)..]);
                return $"esm.encoder.layer.{parts[1]}.{InLayer.First(pair => pair.Fair == own).HuggingFace}.{kind}";
            default:
                return fair == Esm2Parameters.TiedCopy ? TiedDecoder : fair;
        }
    }
}
