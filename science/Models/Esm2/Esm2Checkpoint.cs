using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// Reads an ESM2 from a Hugging Face EsmForMaskedLM folder or from a fair-esm state dict in safetensors, in the names of
/// <c>ESM2.state_dict()</c> or in those of the published .pt files. Pickled files are not read.
/// </summary>
public static class Esm2Checkpoint
{
    private const string RawPrefix = "encoder.sentence_encoder.";
    private const string RawHeadPrefix = "encoder.";

    /// <summary>Loads a model; what <paramref name="path"/> is, is seen from its content.</summary>
    /// <param name="path">Folder with config.json, or a .safetensors file.</param>
    /// <param name="dtype">Type of the parameters, whatever the file's.</param>
    /// <param name="device">Where the parameters go.</param>
    /// <param name="heads">Number of attention heads of a state dict from which it cannot be inferred.</param>
    /// <param name="contactRegression">File with the contact head, where it is not in <paramref name="path"/>; by default the
    /// file with "-contact-regression" after the stem of its name, if there is one.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or it holds no weights.</exception>
    /// <exception cref="InvalidDataException">It is no ESM2; the message names missing, unknown or misshapen tensors.</exception>
    public static Esm2Model Load(
        string path, torch.ScalarType dtype = torch.ScalarType.Float32, torch.Device? device = null, int? heads = null,
        string? contactRegression = null)
    {
        if (Path.GetExtension(path) is ".pt" or ".pth" or ".bin" or ".ckpt")
        {
            throw new InvalidDataException($"{path} is a pickle, which could run any program and is not read; load it in Python "
                + "and store its tensors with safetensors.torch.save_file, or use the Hugging Face folder of the same model");
        }

        using var source = SafeTensorsShards.Open(path);
        var isHuggingFace = source.Tensors.ContainsKey(HuggingFaceNames.From(Esm2Parameters.Embedding));
        return isHuggingFace
            ? HuggingFace(source, path, dtype, device)
            : FairEsm(source, path, dtype, device, heads, contactRegression);
    }

    private static Esm2Model HuggingFace(ITensorSource source, string path, torch.ScalarType dtype, torch.Device? device)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var configFile = Path.Combine(folder, "config.json");
        var config = File.Exists(configFile)
            ? HuggingFaceConfig.Read(configFile)
            : throw new FileNotFoundException($"{folder} has no config.json, which tells the number of heads", configFile);
        var fairNames = Esm2Parameters.StateDict(config)
            .ToDictionary(spec => HuggingFaceNames.From(spec.Name), spec => spec.Name);
        var names = source.Tensors.Keys.Where(name => !HuggingFaceNames.IsUnused(name))
            .ToDictionary(name => fairNames.GetValueOrDefault(name, name));
        return Build(config, [(source, names)], dtype, device);
    }

    private static Esm2Model FairEsm(
        ITensorSource source, string path, torch.ScalarType dtype, torch.Device? device, int? heads, string? contactRegression)
    {
        var names = source.Tensors.Keys.ToDictionary(WithoutPrefix);
        using var contact = OpenContact(path, contactRegression);
        var specs = names.ToDictionary(pair => pair.Key, pair => source.Tensors[pair.Value]);
        var contactNames = contact?.Tensors.Keys.ToDictionary(WithoutPrefix) ?? [];
        foreach (var (name, stored) in contactNames)
        {
            specs[name] = contact!.Tensors[stored];
            names.Remove(name);
        }

        var config = FairEsmShape.Infer(specs, heads, source.Origin);
        return Build(config, contact is null ? [(source, names)] : [(source, names), (contact, contactNames)], dtype, device);
    }

    private static SafeTensorsFile? OpenContact(string path, string? given)
    {
        var beside = Path.ChangeExtension(path, null) + "-contact-regression.safetensors";
        return given is not null || File.Exists(beside) ? SafeTensorsFile.Open(given ?? beside) : null;
    }

    private static Esm2Model Build(
        Esm2Config config, IReadOnlyList<(ITensorSource Source, Dictionary<string, string> Names)> sources,
        torch.ScalarType dtype, torch.Device? device)
    {
        var tensors = new Dictionary<string, torch.Tensor>();
        var origin = sources[0].Source.Origin;
        try
        {
            foreach (var (source, names) in sources)
            {
                foreach (var (name, stored) in names)
                {
                    tensors.Add(name, source.Read(stored));
                }
            }

            TakeTiedCopy(tensors, origin);
            return new Esm2Model(config, tensors, dtype, device);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{origin}: {e.Message}", e);
        }
        finally
        {
            // The model keeps copies or takes over; what is left after an error goes here.
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>The language head's matrix may be stored a second time, but must be the embedding's.</summary>
    private static void TakeTiedCopy(Dictionary<string, torch.Tensor> tensors, string origin)
    {
        if (!tensors.Remove(Esm2Parameters.TiedCopy, out var tied))
        {
            return;
        }

        using var scope = torch.NewDisposeScope();
        var same = tensors.TryGetValue(Esm2Parameters.Embedding, out var embedding) && tied.shape.SequenceEqual(embedding.shape)
            && tied.eq(embedding).all().item<bool>();
        tied.Dispose();
        if (!same)
        {
            throw new InvalidDataException(
                $"{origin}: the language head's matrix differs from the embedding matrix; ESM2 has one for both");
        }
    }

    private static string WithoutPrefix(string name) =>
        name.StartsWith(RawPrefix, StringComparison.Ordinal) ? name[RawPrefix.Length..]
        : name.StartsWith(RawHeadPrefix, StringComparison.Ordinal) ? name[RawHeadPrefix.Length..]
        : name;
}
