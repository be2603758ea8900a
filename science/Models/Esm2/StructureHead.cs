using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// A linear classifier of structure tokens on the last hidden states, or a linear map of them to the embedding of the atomic autoencoder's
/// encoder. A model folder keeps both in structure_heads.safetensors, which other programs ignore: <c>heads.NAME.weight</c> [K, D] and
/// <c>heads.NAME.bias</c> [K]; <c>features.NAME.weight</c> [channels, D] and <c>features.NAME.bias</c> [channels].
/// </summary>
/// <param name="Name">Of the token sequence, e.g. "autoencoder".</param>
/// <param name="Weight">[K, D].</param>
/// <param name="Bias">[K].</param>
public sealed record StructureHead(string Name, torch.Tensor Weight, torch.Tensor Bias) : IDisposable
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "structure_heads.safetensors";

    private const string TokenPrefix = "heads.";
    private const string FeaturePrefix = "features.";
    private const string WeightSuffix = ".weight";
    private const string BiasSuffix = ".bias";

    /// <summary>It gives the encoder's embedding, not scores of tokens.</summary>
    public bool IsFeatures { get; init; }

    private string Key => (IsFeatures ? FeaturePrefix : TokenPrefix) + Name;

    /// <summary>Scores [N, K], or embeddings [N, channels], of hidden states [N, D].</summary>
    public torch.Tensor Output(torch.Tensor hidden) => torch.nn.functional.linear(hidden, Weight, Bias);

    /// <summary>Reads the heads of a model folder, those of features behind those of tokens, each in the order of their names; empty when the
    /// folder has none.</summary>
    /// <exception cref="InvalidDataException">The file holds anything else, or a head of another width.</exception>
    public static IReadOnlyList<StructureHead> Load(
        string folder, int width, torch.ScalarType dtype = torch.ScalarType.Float32, torch.Device? device = null)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = SafeTensorsFile.Open(path);
        var keys = file.Tensors.Keys.Where(IsWeight).Select(key => key[..^WeightSuffix.Length])
            .OrderBy(key => key.StartsWith(FeaturePrefix, StringComparison.Ordinal)).ThenBy(key => key, StringComparer.Ordinal).ToList();
        var wrong = file.Tensors.Keys.Except(keys.SelectMany(key => (string[])[key + WeightSuffix, key + BiasSuffix]));
        if (keys.Count == 0 || wrong.Any())
        {
            throw new InvalidDataException($"{path} must hold heads.NAME.weight and heads.NAME.bias, or features.NAME.weight and "
                + $"features.NAME.bias, only; it holds {string.Join(", ", file.Tensors.Keys)}");
        }

        foreach (var key in keys)
        {
            var weight = file.Tensors[key + WeightSuffix];
            if (!file.Tensors.TryGetValue(key + BiasSuffix, out var bias) || weight.Shape.Count != 2
                || weight.Shape[1] != width || !bias.Shape.SequenceEqual([weight.Shape[0]]))
            {
                throw new InvalidDataException(
                    $"{path}: head '{key}' needs weight [K, {width}] and bias [K]; it has {weight} and {bias}");
            }
        }

        return
        [
            .. keys.Select(key => new StructureHead(key[(key.IndexOf('.') + 1)..], Read(key + WeightSuffix), Read(key + BiasSuffix))
            {
                IsFeatures = key.StartsWith(FeaturePrefix, StringComparison.Ordinal),
            }),
        ];

        torch.Tensor Read(string name)
        {
            using var scope = torch.NewDisposeScope();
            return file.Read(name).to(dtype, device ?? torch.CPU).DetachFromDisposeScope();
        }
    }

    /// <summary>Writes heads into a model folder as float32.</summary>
    public static void Save(string folder, IReadOnlyList<StructureHead> heads)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        SafeTensorsFile.Save(Path.Combine(folder, FileName), heads.SelectMany(head => (KeyValuePair<string, torch.Tensor>[])
        [
            new(head.Key + WeightSuffix, head.Weight.detach().to(torch.float32)),
            new(head.Key + BiasSuffix, head.Bias.detach().to(torch.float32)),
        ]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    private static bool IsWeight(string key) => key.EndsWith(WeightSuffix, StringComparison.Ordinal)
        && (key.StartsWith(TokenPrefix, StringComparison.Ordinal) || key.StartsWith(FeaturePrefix, StringComparison.Ordinal));
}
