using Ism.Models.Numerics;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>Writes an ESM2 for the programs that use ESM2 today, as float32.</summary>
public static class Esm2Export
{
    private const string TokenizerConfig =
        "{\n  \"model_max_length\": 1000000000000000019884624838656,\n  \"tokenizer_class\": \"EsmTokenizer\"\n}\n";

    private const string SpecialTokens =
        "{\n  \"cls_token\": \"<cls>\",\n  \"eos_token\": \"<eos>\",\n  \"mask_token\": \"<mask>\",\n"
        + "  \"pad_token\": \"<pad>\",\n  \"unk_token\": \"<unk>\"\n}\n";

    /// <summary>
    /// Writes a folder that transformers' <c>EsmForMaskedLM.from_pretrained</c> and <c>EsmTokenizer.from_pretrained</c> take:
    /// config.json, model.safetensors, vocab.txt, tokenizer_config.json, special_tokens_map.json; with heads also
    /// structure_heads.safetensors. The weights come last, so that a folder with weights is complete.
    /// </summary>
    public static void SaveHuggingFace(this Esm2Model model, string folder, IReadOnlyList<StructureHead>? heads = null)
    {
        Directory.CreateDirectory(folder);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), HuggingFaceConfig.Write(model.Config, name));
        AtomicFile.WriteText(Path.Combine(folder, "vocab.txt"), string.Join('\n', Esm2Alphabet.Tokens));
        AtomicFile.WriteText(Path.Combine(folder, "tokenizer_config.json"), TokenizerConfig);
        AtomicFile.WriteText(Path.Combine(folder, "special_tokens_map.json"), SpecialTokens);
        if (heads is { Count: > 0 })
        {
            StructureHead.Save(folder, heads);
        }

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var tensors = new Dictionary<string, torch.Tensor>
        {
            // Not used with rotary positions, but older transformers create both and would warn of their absence.
            [HuggingFaceNames.PositionIds] = torch.arange(Held.Of(HuggingFaceConfig.MaxPositions)).unsqueeze(0),
            [HuggingFaceNames.PositionEmbeddings] = torch.zeros(HuggingFaceConfig.MaxPositions, model.Config.Width),
        };
        foreach (var spec in Esm2Parameters.StateDict(model.Config).Where(spec => IsKept(model, spec.Name)))
        {
            if (spec.Name != Esm2Parameters.TiedCopy)
            {
                tensors.Add(HuggingFaceNames.From(spec.Name), model.Tensor(spec.Name).detach().to(torch.float32));
            }
        }

        SafeTensorsFile.Save(
            Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>
    /// Writes the state dict that <c>torch.load</c> reads and fair-esm's <c>ESM2(...).load_state_dict</c> takes: the tied matrix
    /// under both names and the buffers of inverse frequencies included. A model that came without a contact head gets one of
    /// zeros, since fair-esm insists on having it: every contact probability is then 0.5.
    /// </summary>
    public static void SaveFairEsm(this Esm2Model model, string path)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        TorchStateDictFile.Save(path,
        [
            .. Esm2Parameters.StateDict(model.Config).Select(spec => KeyValuePair.Create(
                spec.Name, IsKept(model, spec.Name) ? model.Tensor(spec.Name) : torch.zeros(spec.Shape.ToArray()))),
        ]);
    }

    /// <summary>The same state dict in safetensors, without the tied copy: exact in the model's own type.</summary>
    public static void SaveFairEsmSafeTensors(this Esm2Model model, string path) =>
        SafeTensorsFile.Save(path, Esm2Parameters.StateDict(model.Config)
            .Where(spec => spec.Name != Esm2Parameters.TiedCopy && IsKept(model, spec.Name))
            .Select(spec => KeyValuePair.Create(spec.Name, model.Tensor(spec.Name))));

    private static bool IsKept(Esm2Model model, string name) =>
        model.HasContactHead || name is not (Esm2Parameters.ContactWeight or Esm2Parameters.ContactBias);
}
