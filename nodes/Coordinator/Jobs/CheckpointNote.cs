using System.Globalization;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>Says that a stage goes on from a checkpoint of an earlier run. The trainers check and load it; one that proves damaged is
/// named in their logs and the one before is used.</summary>
internal static class CheckpointNote
{
    private const string Prefix = "step-";

    public static void Emit(IJobServices services, string runStage, TrainingStage stage)
    {
        var folder = services.Workspace.At(stage.Checkpoints);
        var steps = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "manifest.json", SearchOption.AllDirectories)
                .Select(f => Path.GetFileName(Path.GetDirectoryName(f)!))
                .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(n => long.TryParse(n[Prefix.Length..], CultureInfo.InvariantCulture, out var step) ? step : 0)
            : [];
        steps = steps.Concat((services.Workspace.Store?.Folders(stage.Checkpoints) ?? [])
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => long.TryParse(n[Prefix.Length..], CultureInfo.InvariantCulture, out var step) ? step : 0));
        var newest = steps.DefaultIfEmpty(0).Max();
        if (newest > 0)
        {
            services.Emit(RunEvent.Now(
                RunEventKind.Note,
                runStage,
                newest,
                stage.TotalSteps,
                $"{stage.StageId} continues from the checkpoint after step {newest} if it is sound (trainers' logs name those "
                + "that are not), or from a later step that a trainer has in memory"));
        }
    }
}
