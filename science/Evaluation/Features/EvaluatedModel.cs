using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ism.Models.Esm2;
using TorchSharp;

namespace Ism.Evaluation.Features;

/// <summary>A frozen language model under evaluation. Loaded when first needed; not safe for several threads.</summary>
/// <param name="name">What tables call it.</param>
/// <param name="path">Hugging Face folder, or a fair-esm state dict in safetensors.</param>
/// <param name="device">Where it computes.</param>
public sealed class EvaluatedModel(string name, string path, torch.Device? device = null) : IDisposable
{
    private Esm2Model? _model;

    /// <summary>What tables call it.</summary>
    public string Name { get; } = name;

    /// <summary>Where it was read from.</summary>
    public string Path { get; } = path;

    /// <summary>The model.</summary>
    public Esm2Model Model => _model ??= Esm2Checkpoint.Load(Path, device: device);

    /// <summary>A model that is given another model's values would give other features: the SHA-256 of its files' contents.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Directory.Exists(Path)
            ? Directory.GetFiles(Path).Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal)
                || System.IO.Path.GetFileName(f) == "config.json").Order(StringComparer.Ordinal)
            : (IEnumerable<string>)[Path];
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(file)));
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Names for several paths: the folder's own name, or where those are alike, with a number.</summary>
    public static string[] NamesOf(IReadOnlyList<string> paths)
    {
        var names = paths.Select(p => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(
            System.IO.Path.GetFullPath(p)))).ToArray();
        return [.. names.Select((n, i) => names.Count(other => other == n) > 1
            ? $"{System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(paths[i])))}/{n}"
                + (paths.Count(p => p == paths[i]) > 1 ? $" {(i + 1).ToString(CultureInfo.InvariantCulture)}" : "")
            : n)];
    }

    /// <inheritdoc/>
    public void Dispose() => _model?.Dispose();
}
