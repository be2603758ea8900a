using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the autoencoder's settings.</summary>
internal static class AutoencoderRules
{
    public static void Check(JobOptions job, Problems found)
    {
        // MutRank is trained with the autoencoder's settings.
        var autoencoder = job.Autoencoder;
        if (autoencoder.From.Length > 0 && job.Mutrank is not { IsOn: true, From.Length: 0 })
        {
            return;
        }

        found.OneOf("autoencoder.objective", autoencoder.Objective, "autoencoder", "amino-acid");
        found.Range("autoencoder.layers", autoencoder.Layers, 1, 100);
        found.Range("autoencoder.decoderLayers", autoencoder.DecoderLayers, 1, 100);
        found.Range("autoencoder.width", autoencoder.Width, 2, 10_000);
        found.Range("autoencoder.heads", autoencoder.Heads, 1, 1000);
        found.Divides("autoencoder.heads", autoencoder.Heads, "autoencoder.width", autoencoder.Width);
        found.OneOf("autoencoder.pairActivation", autoencoder.PairActivation, "linear", "gelu");
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

        found.LearningRate("autoencoder.learningRate", autoencoder.LearningRate);
        found.Range("autoencoder.globalBatch", autoencoder.GlobalBatch, 1, 1_000_000);
        found.Range("autoencoder.residuesPerStructure", autoencoder.ResiduesPerStructure, 0, 1_000_000);
        found.Range("autoencoder.atomPairsPerMicroBatch", autoencoder.AtomPairsPerMicroBatch, 1, long.MaxValue);
    }
}
