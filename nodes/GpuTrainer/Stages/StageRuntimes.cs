using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Benchmarks;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Models.Autoencoder;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using Ism.Models.Training;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Stages;

/// <summary>Makes the runtime of a stage from the stage, the job and the files of the workspace. First weights are a function of the
/// seed alone, so all trainers begin equal.</summary>
public static class StageRuntimes
{
    /// <summary>Name of the token sequence that the atomic autoencoder makes; featurizers write it under the same one.</summary>
    public const string AutoencoderTokens = "autoencoder";

    /// <summary>Makes it.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="job">The resolved job.</param>
    /// <param name="workspace">Its files.</param>
    /// <param name="device">Where it trains (<see cref="TrainingDevice"/>); null: on the CPU.</param>
    /// <exception cref="IOException">A model cannot be read.</exception>
    /// <exception cref="InvalidDataException">A model is not what it should be.</exception>
    public static IStageRuntime Create(TrainingStage stage, JobOptions job, Workspace workspace, torch.Device? device = null)
    {
        foreach (var folder in (string[])[stage.Catalogue, stage.Heldout])
        {
            workspace.BringFolder(folder.Length > 0 ? $"{Workspace.Catalogues}/{folder}" : "");
        }

        workspace.BringFolder(stage.StartFrom);
        var catalogue = Catalogue.Open(workspace.At(Workspace.Catalogues, stage.Catalogue)).Id;
        var checkpoints = new CheckpointStore(
            workspace.At(stage.Checkpoints), job.Tuning.KeepCheckpoints, job.Tuning.KeepCheckpointEvery)
        {
            Copies = workspace.Store is { } store ? new CheckpointCopies(store, stage.Checkpoints) : null,
        };
        return stage.Objective switch
        {
            ObjectiveKind.StructureTuning => Tuning(stage, job, workspace, checkpoints, catalogue, device),
            ObjectiveKind.EvoRank => EvoRank(stage, job, workspace, checkpoints, catalogue, device),
            _ => Autoencoder(stage, job, workspace, checkpoints, catalogue, device),
        };
    }

    private static StageRuntime<EnvironmentSample> Autoencoder(
        TrainingStage stage, JobOptions job, Workspace workspace, CheckpointStore checkpoints, string catalogue,
        torch.Device? device)
    {
        var settings = job.Autoencoder;
        var model = stage.StartFrom.Length > 0
            ? AtomicAutoencoder.Load(workspace.At(stage.StartFrom), device)
            : new AtomicAutoencoder(
                Shape(job) with { Decoder = stage.Objective != ObjectiveKind.AminoAcid }, (ulong)stage.Seed, device: device);
        var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions
        {
            Stage = stage.Objective == ObjectiveKind.AutoencoderStage2 ? 2 : 1,
            DistogramWeight = settings.DistogramWeight,
            AminoAcidWeight = settings.AminoAcidWeight,
            CoordinatesWeight = settings.CoordinatesWeight,
            AtomPairsPerMicroBatch = settings.AtomPairsPerMicroBatch,
        });
        return new StageRuntime<EnvironmentSample>(
            stage, objective, Options(stage, job), Decode, checkpoints, catalogue, SaveModel, Problem,
            job.Tuning.OutlierSigma);

        void SaveModel()
        {
            model.Save(workspace.At(stage.Output));
            workspace.KeepFolder(stage.Output);
        }

        static EnvironmentSample Decode(FetchedSample sample) => new()
        {
            Environments = EnvironmentDraw.FromBytes(sample.Bytes.Span),
            DrawKey = sample.Position.DrawKey,
        };
    }

    private static StageRuntime<EnvironmentSample> EvoRank(
        TrainingStage stage, JobOptions job, Workspace workspace, CheckpointStore checkpoints, string catalogue,
        torch.Device? device)
    {
        var model = new AtomicAutoencoder(
            Shape(job) with { Decoder = false, Head = job.Mutrank.Target }, (ulong)stage.Seed, device: device);
        var objective = new EvoRankObjective(model, job.Autoencoder.AtomPairsPerMicroBatch);
        return new StageRuntime<EnvironmentSample>(
            stage, objective, Options(stage, job), Decode, checkpoints, catalogue, SaveModel, Problem,
            job.Tuning.OutlierSigma);

        void SaveModel()
        {
            model.Save(workspace.At(stage.Output));
            workspace.KeepFolder(stage.Output);
        }

        static EnvironmentSample Decode(FetchedSample sample)
        {
            var drawn = ProfiledDraw.FromBytes(sample.Bytes.Span);
            return new() { Environments = drawn.Environments, Columns = drawn.Columns, DrawKey = sample.Position.DrawKey };
        }
    }

    private static AutoencoderShape Shape(JobOptions job) => new()
    {
        Radius = job.Corpus.Radius,
        MaxAtoms = job.Corpus.MaxAtoms,
        Layers = job.Autoencoder.Layers,
        DecoderLayers = job.Autoencoder.DecoderLayers,
        Width = job.Autoencoder.Width,
        Heads = job.Autoencoder.Heads,
        LayerScale = job.Autoencoder.LayerScale,
        PairActivation = job.Autoencoder.PairActivation,
    };

    private static string? Problem(EnvironmentSample sample) =>
        sample.Environments.Any(e => !Array.TrueForAll(e.Coordinates, float.IsFinite)) ? "a coordinate is NaN or infinite"
        : !Array.TrueForAll(sample.Columns, float.IsFinite) ? "a probability is NaN or infinite" : null;

    private static StageRuntime<TuningSample> Tuning(
        TrainingStage stage, JobOptions job, Workspace workspace, CheckpointStore checkpoints, string catalogue,
        torch.Device? device)
    {
        var settings = job.Tuning;
        var model = job.Model.From.Length > 0
            ? Esm2Checkpoint.Load(job.Model.From, device: device)
            : Esm2Initialization.Random(new Esm2Config(job.Model.Layers, job.Model.Width, job.Model.Heads), stage.Seed, device: device);
        var excluded = stage.ExcludedToken >= 0 ? stage.ExcludedToken : (int?)null;
        var maskedOnly = settings.StructurePositions == TuningOptions.MaskedPositions;
        var scale = stage.Features.Length > 0 ? FeatureScale.Load(workspace.Brought(workspace.At(stage.Features))) : null;
        IReadOnlyList<TunedHead> heads =
        [
            scale is null
                ? TunedHead.New(AutoencoderTokens, stage.Clusters, excluded, model, stage.Seed)
                : TunedHead.NewFeatures(AutoencoderTokens, scale, stage.Clusters, excluded, model, stage.Seed),
            .. stage.Teachers.Items.Select(teacher => TunedHead.New(
                teacher.Name, teacher.Clusters, teacher.ExcludedToken >= 0 ? teacher.ExcludedToken : null, model, stage.Seed, teacher.Weight)),
        ];
        // What heads cost is linear in their outputs and in the share of residues that they are computed at.
        var clusters = (int)Math.Ceiling(heads.Sum(head => head.Bias.shape[0]) * (maskedOnly ? settings.MaskFraction : 1));
        var objective = new StructureTuningObjective(model, heads, new StructureTuningOptions
        {
            MaskFraction = settings.MaskFraction,
            StructureWeight = settings.StructureWeight,
            StructureAtMaskedOnly = maskedOnly,
            MaskedWeight = settings.MlmWeight,
            TokensPerMicroBatch = settings.TokensPerMicroBatch,
            Layers = Precision.Layers(job.Training),
        });
        return new StageRuntime<TuningSample>(
            stage, objective, Options(stage, job), Decode, checkpoints, catalogue, SaveModel, Problem, outlierSigma: settings.OutlierSigma, flops: Flops)
        {
            Cost = SequenceCost.OfTuning(model.Config, clusters, settings.MaskFraction).Of,
        };

        double Flops(IReadOnlyList<TuningSample> samples)
        {
            // With the two tokens at the ends; a masked language loss is asked for at the masked residues.
            var lengths = samples.Select(s => s.Residues.Length + 2).ToArray();
            var masked = settings.MlmWeight > 0 ? (long)(settings.MaskFraction * samples.Sum(s => s.Residues.Length)) : 0;
            return TrainingFlops.OfStep(model.Config, lengths, clusters, masked);
        }

        void SaveModel()
        {
            StructureHead[] exported = [.. heads.Select(head => head.Exported())];
            model.SaveHuggingFace(workspace.At(stage.Output), exported);
            workspace.KeepFolder(stage.Output);
            Array.ForEach(exported, head => head.Dispose());
        }

        static string? Problem(TuningSample sample) => Array.TrueForAll(sample.Features, Half.IsFinite) ? null : "a feature is NaN or infinite";

        TuningSample Decode(FetchedSample sample)
        {
            var crop = TokenCrop.FromBytes(sample.Bytes.Span);
            if (scale is not null && crop.FeatureWidth != scale.Width)
            {
                throw new InvalidDataException($"{crop.Name}: features of {crop.FeatureWidth} channels where {scale.Width} are to be learnt");
            }

            return crop.Tokens.Count != heads.Count
                ? throw new InvalidDataException($"{crop.Name}: {crop.Tokens.Count} token sequences for {heads.Count} teachers")
                : new TuningSample
                {
                    Id = crop.Name,
                    Residues = System.Text.Encoding.ASCII.GetString(crop.Sequence),
                    Tokens = [.. crop.Tokens.Select(t => Array.ConvertAll(t, k => k == TokenRow.NoToken ? TuningSample.NoToken : (short)k))],
                    Features = scale is null ? [] : crop.Features,
                    DrawKey = sample.Position.DrawKey,
                    CropStart = crop.Start,
                };
        }
    }

    private static DataParallelOptions Options(TrainingStage stage, JobOptions job) => new()
    {
        Schedule = new CosineSchedule(stage.LearningRate, Math.Min(stage.WarmupSteps, stage.TotalSteps), stage.TotalSteps),
        Optimizer = new AdamWOptions
        {
            WeightDecay = stage.Objective == ObjectiveKind.StructureTuning ? job.Tuning.WeightDecay : job.Autoencoder.WeightDecay,
        },
        ClipNorm = job.Tuning.ClipNorm,
        ReduceInHalf = stage.Objective == ObjectiveKind.StructureTuning && Precision.ReducesInHalf(job.Training),
    };
}
