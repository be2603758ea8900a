using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training;

/// <summary>What is differentiated.</summary>
internal static class ObjectiveLoss
{
    /// <summary>A micro-batch's part of the loss: its sums divided by the GLOBAL counts, weighted and added up. Null when no term of it
    /// gives a gradient.</summary>
    public static torch.Tensor? WeightedLoss<TSample>(
        this IObjective<TSample> objective, IMicroBatch batch, IReadOnlyList<torch.Tensor> sums, long[] counts)
    {
        torch.Tensor? loss = null;
        for (var term = 0; term < sums.Count; term++)
        {
            if (batch.Counts[term] > 0 && objective.TermWeights[term] != 0)
            {
                var part = sums[term] * Held.Of(objective.TermWeights[term] / counts[term]);
                loss = loss is null ? part : loss + part;
            }
        }

        return loss;
    }
}
