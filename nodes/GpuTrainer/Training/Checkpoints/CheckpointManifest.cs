using System.Security.Cryptography;
using System.Text.Json;
using Ism.Models.Serialization;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>
/// The last file of a checkpoint to appear: names, sizes and SHA-256 of the others. A folder without one is no checkpoint.
/// </summary>
internal sealed record CheckpointManifest(int Format, IReadOnlyList<CheckpointFile> Files)
{
    public const string FileName = "manifest.json";
    private const int CurrentFormat = 1;

    /// <summary>Hashes the files and puts the manifest in place, which makes the checkpoint visible.</summary>
    public static void Seal(string folder, IEnumerable<string> names)
    {
        var files = names.Select(name => CheckpointFile.Of(folder, name)).ToList();
        AtomicFile.WriteText(
            Path.Combine(folder, FileName),
            JsonSerializer.Serialize(new CheckpointManifest(CurrentFormat, files), CheckpointJson.Options));
    }

    /// <summary>Takes the seal off, so that what is changed next is not taken for a checkpoint.</summary>
    public static void Unseal(string folder) => File.Delete(Path.Combine(folder, FileName));

    /// <summary>Null when all files are as they were written, else what is wrong.</summary>
    public static string? Check(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return $"has no {FileName}: it was not finished";
        }

        try
        {
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllBytes(path), CheckpointJson.Options);
            return manifest is not { Format: CurrentFormat, Files.Count: > 0 }
                ? $"{FileName} has format {manifest?.Format}, this program reads {CurrentFormat}"
                : manifest.Files.Select(file => file.Check(folder)).FirstOrDefault(problem => problem is not null);
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            return $"{FileName}: {problem.Message}";
        }
    }
}

/// <summary>A file of a checkpoint as it was written.</summary>
internal sealed record CheckpointFile(string Name, long Bytes, string Sha256)
{
    public static CheckpointFile Of(string folder, string name)
    {
        using var stream = File.OpenRead(Path.Combine(folder, name));
        return new(name, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    public string? Check(string folder)
    {
        if (Name != Path.GetFileName(Name) || !File.Exists(Path.Combine(folder, Name)))
        {
            return $"{Name} is missing";
        }

        var found = Of(folder, Name);
        return found.Bytes != Bytes ? $"{Name} has {found.Bytes} bytes, {Bytes} were written"
            : found.Sha256 != Sha256 ? $"{Name} differs from what was written (SHA-256 {found.Sha256[..9]}…, not {Sha256[..9]}…)"
            : null;
    }
}

/// <summary>How checkpoints' JSON is written.</summary>
internal static class CheckpointJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };
}
