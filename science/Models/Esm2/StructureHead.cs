using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// A linear classifier of structure tokens on the last hidden states. A model folder keeps them in structure_heads.safetensors as
/// <c>heads.NAME.weight</c> [K, D] and <c>heads.NAME.bias</c> [K], which other programs ignore.
/// </summary>
/// <param name="Name">Of the token sequence, e.g. "autoencoder".</param>
/// <param name="Weight">[K, D].</param>
/// <param name="Bias">[K].</param>
public sealed record StructureHead(string Name, torch.Tensor Weight, torch.Tensor Bias) : IDisposable
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "structure_heads.safetensors";

    private const string Prefix = "heads.";
    private const string WeightSuffix = ".weight";

    /// <summary>Scores [N, K] of hidden states [N, D].</summary>
    public torch.Tensor Logits(torch.Tensor hidden) => torch.nn.functional.linear(hidden, Weight, Bias);

    /// <summary>Reads the heads of a model folder, in the order of their names; empty when the folder has none.</summary>
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
        var names = file.Tensors.Keys.Where(IsWeight).Select(key => key[Prefix.Length..^WeightSuffix.Length])
            .Order(StringComparer.Ordinal).ToList();
        var wrong = file.Tensors.Keys.Except(names.SelectMany(name => (string[])
            [$"{Prefix}{name}{WeightSuffix}", $"{Prefix}{name}.bias"]));
        if (names.Count == 0 || wrong.Any())
        {
            throw new InvalidDataException($"{path} must hold heads.NAME.weight and heads.NAME.bias only; it holds "
                + string.Join(", ", file.Tensors.Keys));
        }

        foreach (var name in names)
        {
            var weight = file.Tensors[$"{Prefix}{name}.weight"];
            if (!file.Tensors.TryGetValue($"{Prefix}{name}.bias", out var bias) || weight.Shape.Count != 2
                || weight.Shape[1] != width || !bias.Shape.SequenceEqual([weight.Shape[0]]))
            {
                throw new InvalidDataException(
                    $"{path}: head '{name}' needs weight [K, {width}] and bias [K]; it has {weight} and {bias}");
            }
        }

        return [.. names.Select(name => new StructureHead(name, Read($"{Prefix}{name}.weight"), Read($"{Prefix}{name}.bias")))];

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
            new($"{Prefix}{head.Name}.weight", head.Weight.detach().to(torch.float32)),
            new($"{Prefix}{head.Name}.bias", head.Bias.detach().to(torch.float32)),
        ]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    private static bool IsWeight(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key.EndsWith(WeightSuffix, StringComparison.Ordinal);
}
