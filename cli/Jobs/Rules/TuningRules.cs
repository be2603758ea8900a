using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the settings of structure-tuning.</summary>
internal static class TuningRules
{
    public static void Check(TuningOptions tuning, Problems found)
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

        found.LearningRate("tuning.learningRate", tuning.LearningRate);
        found.Range("tuning.weightDecay", tuning.WeightDecay, 0, 10);
        found.Range("tuning.clipNorm", tuning.ClipNorm, 0, 1e6);
        found.Range("tuning.globalBatch", tuning.GlobalBatch, 1, 1_000_000);
        found.Range("tuning.crop", tuning.Crop, 1, 100_000);
        found.Range("tuning.maskFraction", tuning.MaskFraction, 0, 1);
        found.Range("tuning.structureWeight", tuning.StructureWeight, 0, 1e6);
        found.OneOf("tuning.structureTarget", tuning.StructureTarget, TuningOptions.TokenTarget, TuningOptions.FeatureTarget);
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

        found.OneOf("tuning.nonFinite", tuning.NonFinite, "skip", "stop");
        found.Range("tuning.nonFiniteLimit", tuning.NonFiniteLimit, 1, 1_000_000);
        found.Range("tuning.outlierSigma", tuning.OutlierSigma, 0, 1e6);
        found.Range("tuning.evaluateEvery", tuning.EvaluateEvery, 0, 100_000_000);
    }
}
