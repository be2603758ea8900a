using System.Security.Cryptography;
using System.Text;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// MutRank, the second teacher: loaded, found, or made by the cluster. Featurizers make a profile of every chain that has an alignment, the group
/// trains an encoder on them with the EvoRank objective, and its embeddings are clustered like the autoencoder's.
/// </summary>
public static class MutRankStage
{
    private const string StageId = "mutrank";

    /// <summary>The encoder and the codebook; null where the job has no MutRank.</summary>
    /// <exception cref="JobFailedException">Nothing can be made of the alignments, or what was given cannot be used.</exception>
    public static async Task<ChunkEncoder?> RunAsync(IJobServices services, NamedCatalogue experimental, CancellationToken cancel)
    {
        if (!services.Job.Mutrank.IsOn)
        {
            return null;
        }

        var encoder = new ChunkEncoder(MutRankOptions.Teacher, EncoderOf(services), CodebookOf(services));
        if (services.Job.Mutrank.From.Length > 0)
        {
            if (Problem(encoder) is { } problem)
            {
                throw new JobFailedException($"mutrank.from: {problem}");
            }

            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.MutRank, message: $"loaded from {services.Job.Mutrank.From}"));
            return encoder;
        }

        services.Workspace.BringFolder(Workspace.MutRankEncoder);
        services.Workspace.BringFolder(Workspace.MutRankCodebook);
        if (Problem(encoder) is null)
        {
            services.Workspace.KeepFolder(Workspace.MutRankEncoder);
            services.Workspace.KeepFolder(Workspace.MutRankCodebook);
            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.MutRank, message: "found in the workspace"));
            return encoder with { Encoder = Workspace.MutRankEncoder, Codebook = Workspace.MutRankCodebook };
        }

        var stage = Stage(services, experimental);
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.MutRank, 0, stage.TotalSteps));
        if (EncoderProblem(encoder.Encoder) is not null)
        {
            await ProfileStage.RunAsync(services, experimental, stage.Tokens, cancel);
            CheckpointNote.Emit(services, RunStages.MutRank, stage);
            await services.TrainAsync(stage, r => services.Emit(Events.Step(RunStages.MutRank, r, 0, stage.TotalSteps)), cancel);
            services.Workspace.BringFolder(Workspace.MutRankEncoder);
            if (EncoderProblem(encoder.Encoder) is { } missing)
            {
                throw new JobFailedException($"MutRank's encoder was trained but cannot be read: {missing}");
            }
        }

        await CodebookStage.RunAsync(
            new MutRankServices(services, stage.TotalSteps), experimental, Workspace.MutRankEncoder, Workspace.MutRankCodebook, "mutrank", cancel);
        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.MutRank, stage.TotalSteps, stage.TotalSteps));
        return encoder with { Encoder = Workspace.MutRankEncoder, Codebook = Workspace.MutRankCodebook };
    }

    /// <summary>Absolute folder of the job's MutRank codebook.</summary>
    public static string CodebookOf(IJobServices services) => Part(services, "codebook", Workspace.MutRankCodebook);

    /// <summary>What names the tokens: the identity of the autoencoder's codebook, with MutRank's where there is one.</summary>
    public static string Identity(IJobServices services, string codebook, ChunkEncoder? mutrank)
    {
        var first = StructureCodebook.IdentityOf(services.Workspace.At(codebook));
        return mutrank is null
            ? first
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
                $"{first}\n{StructureCodebook.IdentityOf(services.Workspace.At(mutrank.Codebook))}")));
    }

    /// <summary>The training stage that makes the encoder.</summary>
    public static TrainingStage Stage(IJobServices services, NamedCatalogue experimental)
    {
        var options = services.Job.Autoencoder;
        var steps = StageSteps.Of(experimental.Catalogue.Count, options.GlobalBatch, services.Job.Mutrank.Epochs);
        return new TrainingStage
        {
            StageId = StageId,
            Objective = ObjectiveKind.EvoRank,
            Samples = SampleKind.ProfiledEnvironments,
            Catalogue = experimental.Folder,
            GlobalBatch = options.GlobalBatch,
            TotalSteps = steps,
            WarmupSteps = Math.Max(1, steps / 20),
            LearningRate = options.LearningRate,
            Seed = StageSteps.Seed(services.Job.Seed, StageId),
            Checkpoints = $"{Workspace.Work}/{StageId}/checkpoints",
            Output = Workspace.MutRankEncoder,
            Tokens = $"{Workspace.Work}/profiles-{experimental.Folder}",
        };
    }

    private static string EncoderOf(IJobServices services) => Part(services, "encoder", Workspace.MutRankEncoder);

    private static string Part(IJobServices services, string name, string made) => services.Job.Mutrank.From.Length > 0
        ? Path.GetFullPath(Path.Combine(services.Job.Mutrank.From, name))
        : services.Workspace.At(made);

    private static string? Problem(ChunkEncoder encoder)
    {
        if (EncoderProblem(encoder.Encoder) is { } problem)
        {
            return problem;
        }

        try
        {
            return StructureCodebook.Load(encoder.Codebook).Origin.Encoder == AtomicAutoencoder.IdentityOf(encoder.Encoder)
                ? null
                : $"{encoder.Codebook} was made with another encoder than {encoder.Encoder}";
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.Message;
        }
    }

    private static string? EncoderProblem(string folder)
    {
        try
        {
            using var model = AtomicAutoencoder.Load(folder);
            return model.Shape.RanksMutations ? null : $"{folder} is an autoencoder, not MutRank: its head predicts amino acids";
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.Message;
        }
    }
}
