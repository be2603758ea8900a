using Ism.Models.Autoencoder;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>The atomic autoencoder: loaded from a folder, found in the workspace, or trained by the group in its stages.</summary>
public static class AutoencoderStage
{
    /// <summary>Returns the folder of the finished autoencoder (relative to the workspace, or as the user gave it).</summary>
    public static async Task<string> RunAsync(IJobServices services, NamedCatalogue experimental, CancellationToken cancel)
    {
        var options = services.Job.Autoencoder;
        if (options.From.Length > 0)
        {
            var given = Path.GetFullPath(options.From);
            if (Finished(given) is { } problem)
            {
                throw new JobFailedException($"autoencoder.from: {problem}");
            }

            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Autoencoder, message: $"loaded from {given}"));
            return given;
        }

        services.Workspace.BringFolder(Workspace.Autoencoder);
        if (Finished(services.Workspace.At(Workspace.Autoencoder)) is null)
        {
            services.Workspace.KeepFolder(Workspace.Autoencoder);
            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Autoencoder, message: "found in the workspace"));
            return Workspace.Autoencoder;
        }

        var stages = Stages(services, experimental);
        var total = stages.Sum(s => s.TotalSteps);
        var before = 0L;
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Autoencoder, 0, total));
        foreach (var stage in stages)
        {
            var done = before;
            CheckpointNote.Emit(services, RunStages.Autoencoder, stage);
            await services.TrainAsync(stage, r => services.Emit(Events.Step(RunStages.Autoencoder, r, done, total)), cancel);
            before += stage.TotalSteps;
        }

        services.Workspace.BringFolder(Workspace.Autoencoder);
        if (Finished(services.Workspace.At(Workspace.Autoencoder)) is { } missing)
        {
            throw new JobFailedException($"the autoencoder was trained but cannot be read: {missing}");
        }

        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Autoencoder, total, total));
        return Workspace.Autoencoder;
    }

    /// <summary>The training stages that make the autoencoder; the last one writes it.</summary>
    public static IReadOnlyList<TrainingStage> Stages(IJobServices services, NamedCatalogue experimental)
    {
        var options = services.Job.Autoencoder;
        var kinds = options.Objective == "amino-acid"
            ? [(ObjectiveKind.AminoAcid, "amino-acid", options.Stage1Epochs + options.Stage2Epochs)]
            : new[]
            {
                (ObjectiveKind.AutoencoderStage1, "autoencoder-1", options.Stage1Epochs),
                (ObjectiveKind.AutoencoderStage2, "autoencoder-2", options.Stage2Epochs),
            };
        kinds = [.. kinds.Where((k, i) => k.Item3 > 0 || i == kinds.Length - 1)];
        var stages = new List<TrainingStage>();
        foreach (var (kind, name, epochs) in kinds)
        {
            var steps = StageSteps.Of(experimental.Catalogue.Count, options.GlobalBatch, epochs);
            stages.Add(new TrainingStage
            {
                StageId = name,
                Objective = kind,
                Samples = SampleKind.Environments,
                Catalogue = experimental.Folder,
                GlobalBatch = options.GlobalBatch,
                TotalSteps = steps,
                WarmupSteps = Math.Max(1, steps / 20),
                LearningRate = options.LearningRate,
                Seed = StageSteps.Seed(services.Job.Seed, name),
                Checkpoints = $"{Workspace.Work}/{name}/checkpoints",
                Output = stages.Count == kinds.Length - 1 ? Workspace.Autoencoder : $"{Workspace.Work}/{name}/model",
                StartFrom = stages.Count == 0 ? "" : stages[^1].Output,
            });
        }

        return stages;
    }

    private static string? Finished(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return $"there is no folder {folder}";
        }

        try
        {
            using var autoencoder = AtomicAutoencoder.Load(folder);
            return null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.Message;
        }
    }
}
