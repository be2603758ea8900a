using System.Text.Json;
using System.Text.Json.Serialization;
using Ism.Protocol.Files;

namespace Ism.Cli.Slurm;

/// <summary>What was submitted for a workspace: slurm/jobs.json there. Immutable; equality by reference of its lists.</summary>
/// <param name="Scripts">Folder of the scripts.</param>
/// <param name="Coordinators">Ids of the coordinators' jobs, number 0 first.</param>
/// <param name="Trainers">Ids of the trainers' jobs.</param>
/// <param name="Featurizers">Ids of the featurizers' arrays, in the order in which they were submitted.</param>
internal sealed record SlurmRecord(
    string Scripts, IReadOnlyList<string> Coordinators, IReadOnlyList<string> Trainers, IReadOnlyList<string> Featurizers)
{
    /// <summary>Folder of scripts and record in a workspace.</summary>
    public const string Folder = "slurm";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>All ids.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> All => [.. Coordinators, .. Trainers, .. Featurizers];

    /// <summary>The file.</summary>
    public static string PathIn(string workspace) => Path.Combine(workspace, Folder, "jobs.json");

    /// <summary>The record of a workspace; null where nothing was submitted.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static SlurmRecord? TryRead(string workspace)
    {
        var path = PathIn(workspace);
        try
        {
            return JsonSerializer.Deserialize<SlurmRecord>(File.ReadAllText(path), Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: {e.Message}; look for the jobs with squeue, and delete the file", e);
        }
    }

    /// <summary>Writes it: the old record or the new one is there, never half of one.</summary>
    public void Write(string workspace) => WholeFile.Write(PathIn(workspace), JsonSerializer.Serialize(this, Options) + "\n");
}
