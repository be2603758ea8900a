using System.Globalization;
using System.Text.RegularExpressions;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>Checks that settings make sense. Every problem names the setting, its value and what to change; two settings in conflict
/// are both named.</summary>
public static partial class JobValidation
{
    /// <summary>Problems of the settings alone, without a look at files. Empty when there is none.</summary>
    public static IReadOnlyList<string> Check(JobOptions job)
    {
        var found = new Problems();
        CheckTop(job, found);
        CheckModel(job.Model, found);
        CheckCorpus(job.Corpus, found);
        CheckAutoencoder(job.Autoencoder, found);
        CheckCodebook(job.Codebook, found);
        OneOf(found, "featurizing.precision", job.Featurizing.Precision, FeaturizingOptions.Float32, FeaturizingOptions.BFloat16);
        found.Range("featurizing.readAhead", job.Featurizing.ReadAhead, 0, 64);
        CheckTuning(job.Tuning, found);
        TeacherValidation.Check(job, found);
        OneOf(found, "training.precision", job.Training.Precision, "fp32", "tf32", "bf16");
        OneOf(found, "cluster.trainerDevice", job.Cluster.TrainerDevice, "auto", "cpu", "cuda");
        OneOf(found, "training.reduction", job.Training.Reduction, "fp32", "bf16");
        OneOf(found, "training.activationCheckpointing", job.Training.ActivationCheckpointing, "none", "blocks");
        CheckCluster(job.Cluster, found);
        return found.Lines;
    }

    /// <summary>Problems with what the job reads and writes: sources and folders that are not there, a workspace that cannot be
    /// written. Paths are taken as they are.</summary>
    public static IReadOnlyList<string> CheckInputs(JobOptions job)
    {
        var found = new Problems();
        if (job.Corpus.Structures.Count == 0)
        {
            found.Add("corpus.structures", "[]", "name the structures to train on, e.g. --set corpus.structures=FOLDER");
        }

        Exist(found, "corpus.structures", job.Corpus.Structures);
        Exist(found, "corpus.heldout", job.Corpus.Heldout);
        Exist(found, "autoencoder.structures", job.Autoencoder.Structures);
        Exist(found, "model.from", [job.Model.From]);
        Exist(found, "autoencoder.from", [job.Autoencoder.From]);
        Exist(found, "codebook.from", [job.Codebook.From]);
        TeacherValidation.CheckInputs(job, found);
        if (File.Exists(job.Workspace))
        {
            found.Add("workspace", job.Workspace, "is a file; name a folder");
        }

        return found.Lines;
    }

    /// <summary>Throws what <paramref name="problems"/> holds.</summary>
    /// <exception cref="JobFileException">There is a problem.</exception>
    public static void ThrowIfAny(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new JobFileException(problems);
        }
    }

    private static void CheckTop(JobOptions job, Problems found)
    {
        if (!NamePattern().IsMatch(job.Name))
        {
            found.Add("name", $"'{job.Name}'", "use 1 to 64 letters, digits, '-' and '_', a letter or digit first");
        }

        if (string.IsNullOrWhiteSpace(job.Workspace))
        {
            found.Add("workspace", "empty", "name a folder that every node reaches");
        }
    }

    private static void CheckModel(ModelOptions model, Problems found)
    {
        if (model.From.Length > 0)
        {
            return;
        }

        found.Range("model.layers", model.Layers, 1, 1000);
        found.Range("model.width", model.Width, 2, 100_000);
        found.Range("model.heads", model.Heads, 1, 1000);
        Divides(found, "model.heads", model.Heads, "model.width", model.Width);
        if (model.Heads > 0 && model.Width % model.Heads == 0 && model.Width / model.Heads % 2 != 0)
        {
            found.Conflict(
                ("model.width", model.Width),
                ("model.heads", model.Heads),
                $"a head is {model.Width / model.Heads} wide and rotary positions need an even number; change one of the two");
        }
    }

    private static void CheckCorpus(CorpusOptions corpus, Problems found)
    {
        found.Range("corpus.chunkSize", corpus.ChunkSize, 1, 256);
        found.Range("corpus.minLength", corpus.MinLength, 1, 1_000_000);
        found.Range("corpus.maxLength", corpus.MaxLength, 1, 1_000_000);
        if (corpus.MinLength > corpus.MaxLength)
        {
            found.Conflict(("corpus.minLength", corpus.MinLength), ("corpus.maxLength", corpus.MaxLength), "no chain has such a length");
        }

        found.Range("corpus.maxFileMegabytes", corpus.MaxFileMegabytes, 1, 2047, "MB");
        found.Range("corpus.maxContentMegabytes", corpus.MaxContentMegabytes, 1, 2047, "MB");
        found.Range("corpus.maxStructureAtoms", corpus.MaxStructureAtoms, 1, 50_000_000);
        if (corpus.StructureSeconds != 0)
        {
            found.Range("corpus.structureSeconds", corpus.StructureSeconds, 0.1, 86_400, "s; 0 switches the limit off");
        }

        if (corpus.StructureMegabytes != 0)
        {
            found.Range("corpus.structureMegabytes", corpus.StructureMegabytes, 256, 1_000_000, "MB; 0 switches the limit off");
        }

        found.Range("corpus.radius", corpus.Radius, 1, 50, "Å");
        found.Range("corpus.maxAtoms", corpus.MaxAtoms, 1, 10_000);
        found.Range("corpus.windowChunks", corpus.WindowChunks, 1, 100_000);
    }

    private static void CheckAutoencoder(AutoencoderOptions autoencoder, Problems found)
    {
        if (autoencoder.From.Length > 0)
        {
            return;
        }

        OneOf(found, "autoencoder.objective", autoencoder.Objective, "autoencoder", "amino-acid");
        found.Range("autoencoder.layers", autoencoder.Layers, 1, 100);
        found.Range("autoencoder.decoderLayers", autoencoder.DecoderLayers, 1, 100);
        found.Range("autoencoder.width", autoencoder.Width, 2, 10_000);
        found.Range("autoencoder.heads", autoencoder.Heads, 1, 1000);
        Divides(found, "autoencoder.heads", autoencoder.Heads, "autoencoder.width", autoencoder.Width);
        OneOf(found, "autoencoder.pairActivation", autoencoder.PairActivation, "linear", "gelu");
        found.Range("autoencoder.layerScale", autoencoder.LayerScale, 0, 10);
        found.Range("autoencoder.distogramWeight", autoencoder.DistogramWeight, 0, 1e6);
        found.Range("autoencoder.aminoAcidWeight", autoencoder.AminoAcidWeight, 0, 1e6);
        found.Range("autoencoder.coordinatesWeight", autoencoder.CoordinatesWeight, 0, 1e6);
        found.Range("autoencoder.weightDecay", autoencoder.WeightDecay, 0, 10);
        found.Range("autoencoder.stage1Epochs", autoencoder.Stage1Epochs, 0, 10_000);
        found.Range("autoencoder.stage2Epochs", autoencoder.Stage2Epochs, 0, 10_000);
        if (autoencoder.Stage1Epochs + autoencoder.Stage2Epochs == 0)
        {
            found.Conflict(
                ("autoencoder.stage1Epochs", 0),
                ("autoencoder.stage2Epochs", 0),
                "nothing would be trained; raise one, or give autoencoder.from a trained one");
        }

        LearningRate(found, "autoencoder.learningRate", autoencoder.LearningRate);
        found.Range("autoencoder.globalBatch", autoencoder.GlobalBatch, 1, 1_000_000);
        found.Range("autoencoder.residuesPerStructure", autoencoder.ResiduesPerStructure, 0, 1_000_000);
        found.Range("autoencoder.atomPairsPerMicroBatch", autoencoder.AtomPairsPerMicroBatch, 1, long.MaxValue);
    }

    private static void CheckCodebook(CodebookOptions codebook, Problems found)
    {
        if (codebook.From.Length == 0)
        {
            found.Range("codebook.clusters", codebook.Clusters, 2, 65_535);
            found.Range("codebook.residuesPerStructure", codebook.ResiduesPerStructure, 0, 1_000_000);
            found.Range("codebook.startSample", codebook.StartSample, 1, 100_000_000);
            found.Range("codebook.maxIterations", codebook.MaxIterations, 1, 100_000);
            foreach (var k in codebook.Elbow.Where(k => k is < 1 or > 65_535))
            {
                found.Add("codebook.elbow", $"[…, {k}, …]", "every K is between 1 and 65535");
            }

            if (codebook.StartSample < codebook.Clusters)
            {
                found.Conflict(
                    ("codebook.startSample", codebook.StartSample),
                    ("codebook.clusters", codebook.Clusters),
                    "K starts are drawn from the sample; raise codebook.startSample");
            }
        }

        CheckExcludedToken(codebook, found);
        found.Range("codebook.excludedTokenChunks", codebook.ExcludedTokenChunks, 1, 1_000_000);
    }

    private static void CheckExcludedToken(CodebookOptions codebook, Problems found)
    {
        if (codebook.ExcludedToken is "auto" or "none")
        {
            return;
        }

        if (!int.TryParse(codebook.ExcludedToken, NumberStyles.None, CultureInfo.InvariantCulture, out var token))
        {
            found.Add("codebook.excludedToken", $"'{codebook.ExcludedToken}'", "use auto, none, or a token id");
        }
        else if (codebook.From.Length == 0 && token >= codebook.Clusters)
        {
            found.Conflict(
                ("codebook.excludedToken", token),
                ("codebook.clusters", codebook.Clusters),
                $"tokens are 0 to {codebook.Clusters - 1}; use auto, none, or one of them");
        }
    }

    private static void CheckTuning(TuningOptions tuning, Problems found)
    {
        found.Range("tuning.epochs", tuning.Epochs, 0.001, 100_000);
        found.Range("tuning.warmupEpochs", tuning.WarmupEpochs, 0, 100_000);
        if (tuning.WarmupEpochs >= tuning.Epochs)
        {
            found.Conflict(
                ("tuning.warmupEpochs", tuning.WarmupEpochs),
                ("tuning.epochs", tuning.Epochs),
                "the learning rate would never reach its peak; lower tuning.warmupEpochs or raise tuning.epochs");
        }

        LearningRate(found, "tuning.learningRate", tuning.LearningRate);
        found.Range("tuning.weightDecay", tuning.WeightDecay, 0, 10);
        found.Range("tuning.clipNorm", tuning.ClipNorm, 0, 1e6);
        found.Range("tuning.globalBatch", tuning.GlobalBatch, 1, 1_000_000);
        found.Range("tuning.crop", tuning.Crop, 1, 100_000);
        found.Range("tuning.maskFraction", tuning.MaskFraction, 0, 1);
        found.Range("tuning.structureWeight", tuning.StructureWeight, 0, 1e6);
        found.Range("tuning.mlmWeight", tuning.MlmWeight, 0, 1e6);
        if (tuning.StructureWeight == 0 && tuning.MlmWeight == 0)
        {
            found.Conflict(("tuning.structureWeight", 0), ("tuning.mlmWeight", 0), "nothing would be trained; raise one");
        }

        if (tuning.MaskFraction == 0 && tuning.MlmWeight > 0)
        {
            found.Conflict(
                ("tuning.maskFraction", 0),
                ("tuning.mlmWeight", tuning.MlmWeight),
                "no residue would be chosen for masked language modelling; raise tuning.maskFraction or set tuning.mlmWeight to 0");
        }

        found.Range("tuning.tokensPerMicroBatch", tuning.TokensPerMicroBatch, 1, 100_000_000);
        if (tuning.TokensPerMicroBatch < tuning.Crop + 2)
        {
            found.Conflict(
                ("tuning.tokensPerMicroBatch", tuning.TokensPerMicroBatch),
                ("tuning.crop", tuning.Crop),
                $"one crop with its BOS and EOS is {tuning.Crop + 2} tokens and must fit; raise the first or lower the second");
        }

        found.Range("tuning.checkpointEvery", tuning.CheckpointEvery, 1, 100_000_000);
        found.Range("tuning.keepCheckpoints", tuning.KeepCheckpoints, 1, 100_000);
        found.Range("tuning.keepCheckpointEvery", tuning.KeepCheckpointEvery, 0, 100_000_000);
        if (tuning.KeepCheckpointEvery > 0 && tuning.CheckpointEvery > 0 && tuning.KeepCheckpointEvery % tuning.CheckpointEvery != 0)
        {
            found.Conflict(
                ("tuning.keepCheckpointEvery", tuning.KeepCheckpointEvery),
                ("tuning.checkpointEvery", tuning.CheckpointEvery),
                "there is no checkpoint after some of the steps whose checkpoint is to be kept; make the first a multiple of the second");
        }

        OneOf(found, "tuning.nonFinite", tuning.NonFinite, "skip", "stop");
        found.Range("tuning.nonFiniteLimit", tuning.NonFiniteLimit, 1, 1_000_000);
        found.Range("tuning.outlierSigma", tuning.OutlierSigma, 0, 1e6);
        found.Range("tuning.evaluateEvery", tuning.EvaluateEvery, 0, 100_000_000);
    }

    private static void CheckCluster(ClusterOptions cluster, Problems found)
    {
        found.Range("cluster.coordinators", cluster.Coordinators, 1, 15);
        found.Range("cluster.featurizers", cluster.Featurizers, 1, 10_000);
        found.Range("cluster.trainers", cluster.Trainers, 1, 10_000);
        found.Range("cluster.threadsPerTrainer", cluster.ThreadsPerTrainer, 0, 4096);
        found.Range("cluster.threadsPerFeaturizer", cluster.ThreadsPerFeaturizer, 0, 4096);
        found.Range("cluster.leasesPerFeaturizer", cluster.LeasesPerFeaturizer, 1, 1000);
        found.Range("cluster.leaseSeconds", cluster.LeaseSeconds, 1, 86_400, "s");
        found.Range("cluster.collectiveSeconds", cluster.CollectiveSeconds, 1, 86_400, "s");
        OneOf(found, "cluster.collectives", cluster.Collectives, "auto", "ring", "nccl");
        found.Range("cluster.prefetchSteps", cluster.PrefetchSteps, 1, 1000);
    }

    private static void LearningRate(Problems found, string setting, double value)
    {
        if (value is <= 0 or > 1)
        {
            found.Add(setting, Problems.Text(value), "must be above 0 and at most 1");
        }
    }

    private static void Divides(Problems found, string setting, int value, string whole, int wholeValue)
    {
        if (value > 0 && wholeValue % value != 0)
        {
            found.Conflict((setting, value), (whole, wholeValue), $"{setting} must divide {whole}; change one of the two");
        }
    }

    private static void OneOf(Problems found, string setting, string value, params string[] allowed)
    {
        if (!allowed.Contains(value))
        {
            var near = NearestKey.Find(value, allowed);
            found.Add(setting, $"'{value}'", $"use {string.Join(" or ", allowed)}{(near is null ? "" : $"; did you mean '{near}'?")}");
        }
    }

    private static void Exist(Problems found, string setting, IReadOnlyList<string> paths)
    {
        foreach (var path in paths.Where(p => p.Length > 0 && !Path.Exists(p)))
        {
            found.Add(setting, path, $"there is no such file or folder (relative paths are taken from {Environment.CurrentDirectory})");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex NamePattern();
}
