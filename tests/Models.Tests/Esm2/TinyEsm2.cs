using System.Text.Json;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Tests;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

/// <summary>The small random ESM2 of the reference data, and its inputs. All sizes come from its metadata.</summary>
internal static class TinyEsm2
{
    public static string PathOf(params string[] parts) => ReferenceData.GoldenPath(["esm2_tiny", .. parts]);

    public static Esm2Config Config()
    {
        using var meta = JsonDocument.Parse(File.ReadAllBytes(PathOf("meta.json")));
        var root = meta.RootElement;
        return new Esm2Config(
            root.GetProperty("num_layers").GetInt32(), root.GetProperty("embed_dim").GetInt32(),
            root.GetProperty("attention_heads").GetInt32())
        {
            FeedForward = root.GetProperty("ffn_dim").GetInt32(),
            TokenDropout = root.GetProperty("token_dropout").GetBoolean(),
            LayerNormEpsilon = root.GetProperty("layer_norm_eps").GetDouble(),
        };
    }

    /// <summary>The weights of the fair-esm state dict without the tied copy; the caller (or a model) owns them.</summary>
    public static Dictionary<string, torch.Tensor> Weights()
    {
        var tensors = SafeTensorsFile.Load(PathOf("fair_esm_state_dict.safetensors"));
        tensors.Remove(Esm2Parameters.TiedCopy, out var tied);
        tied?.Dispose();
        return tensors;
    }

    public static Esm2Model Model(torch.ScalarType dtype) => new(Config(), Weights(), dtype);

    /// <summary>The real positions of padded rows [B, T].</summary>
    public static PackedTokens Pack(torch.Tensor padded) => PackedTokens.From(Rows(padded));

    public static List<int[]> Rows(torch.Tensor padded)
    {
        var width = (int)padded.shape[1];
        return [.. padded.data<long>().ToArray().Chunk(width)
            .Select(row => row.Where(id => id != Esm2Alphabet.Padding).Select(id => (int)id).ToArray())];
    }

    /// <summary>The same positions of padded values [B, T, ...], packed [sum of lengths, ...].</summary>
    public static torch.Tensor Pack(torch.Tensor padded, IReadOnlyList<int> lengths) =>
        torch.cat([.. lengths.Select((length, row) => padded[row].narrow(0, 0, length))], 0);

    public static torch.ScalarType Dtype(string name) =>
        name == "f64" ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
}
