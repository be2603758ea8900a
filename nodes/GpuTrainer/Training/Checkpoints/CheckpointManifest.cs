using System.Security.Cryptography;
using System.Text.Json;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>The last file of a checkpoint to be written: names, sizes and SHA-256 of the others. A folder without one is no
/// checkpoint.</summary>
internal sealed record CheckpointManifest(int Format, IReadOnlyList<CheckpointFile?>? Files)
{
    public const int CurrentFormat = 1;

    /// <summary>Null when the folder holds exactly the files of a checkpoint as they were written, else what is wrong. Files that the
    /// manifest does not name are of no account.</summary>
    public static string? Check(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return File.Exists(folder) ? "is a file, not a folder" : "is gone: it was deleted meanwhile";
        }

        var path = Path.Combine(folder, CheckpointNames.Manifest);
        if (!File.Exists(path))
        {
            return $"has no {CheckpointNames.Manifest}: it was not finished";
        }

        try
        {
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllBytes(path), CheckpointJson.Options);
            return manifest is null ? $"{CheckpointNames.Manifest} holds nothing" : manifest.CheckFiles(folder);
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            return $"{CheckpointNames.Manifest}: {problem.Message}";
        }
    }

    private string? CheckFiles(string folder)
    {
        if (Format != CurrentFormat)
        {
            return $"{CheckpointNames.Manifest} has format {Format}, this program reads {CurrentFormat}";
        }

        var named = (Files ?? []).Select(file => file?.Name).ToList();
        return named.Find(name => !CheckpointNames.Files.Contains(name)) is { } stranger
                ? $"{CheckpointNames.Manifest} names '{stranger}', which is no file of a checkpoint"
            : CheckpointNames.Files.FirstOrDefault(name => named.Count(n => n == name) != 1) is { } missing
                ? $"{CheckpointNames.Manifest} does not name {missing} once"
            : named.Count != CheckpointNames.Files.Count ? $"{CheckpointNames.Manifest} has an entry without a name"
            : Files!.Select(file => file!.Check(folder)).FirstOrDefault(problem => problem is not null);
    }
}

/// <summary>A file of a checkpoint as it was written.</summary>
internal sealed record CheckpointFile(string Name, long Bytes, string Sha256)
{
    /// <summary>Null when it is as it was written, else what is wrong.</summary>
    public string? Check(string folder)
    {
        try
        {
            using var stream = File.OpenRead(Path.Combine(folder, Name));
            if (stream.Length != Bytes)
            {
                return $"{Name} has {stream.Length} bytes, {Bytes} were written";
            }

            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            return found == Sha256
                ? null
                : $"{Name} differs from what was written (SHA-256 {found[..9]}…, not {Sha256?[..Math.Min(9, Sha256.Length)]}…)";
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"{Name} is missing";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"{Name} cannot be read: {problem.Message}";
        }
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
