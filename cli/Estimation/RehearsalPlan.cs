using System.Text.Json;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Cli.Estimation;

/// <summary>What the processes of a rehearsal do: the parts of a job on a sample of its structures. A file of the scratch workspace.
/// </summary>
public sealed record RehearsalPlan
{
    /// <summary>File of the scratch workspace.</summary>
    public const string FileName = "rehearsal.json";

    /// <summary>Folder name of the catalogue of the sample.</summary>
    public required string Catalogue { get; init; }

    /// <summary>Folder of the encoder: the job's, or one with random weights in the job's shape.</summary>
    public required string Encoder { get; init; }

    /// <summary>Folder of the job's codebook; empty: made of the sample.</summary>
    public string Codebook { get; init; } = "";

    /// <summary>The stages that a trainer goes through.</summary>
    public required IReadOnlyList<TrainingStage> Stages { get; init; }

    /// <summary>Ranks that are measured together.</summary>
    public required int World { get; init; }

    /// <summary>Trainers of the job.</summary>
    public required int Trainers { get; init; }

    /// <summary>Seconds for measuring, about.</summary>
    public required double Seconds { get; init; }

    /// <summary>Folder in which a featurizer's token files are.</summary>
    public static string TokensOf(int featurizer) => $"{Workspace.Tokens}/featurizer-{featurizer}";

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public static RehearsalPlan Load(Workspace workspace) =>
        JsonSerializer.Deserialize<RehearsalPlan>(File.ReadAllText(workspace.At(FileName)))
        ?? throw new InvalidDataException($"{workspace.At(FileName)} is empty");

    /// <summary>Writes it into the workspace.</summary>
    public void Save(Workspace workspace) => File.WriteAllText(workspace.At(FileName), JsonSerializer.Serialize(this));
}
