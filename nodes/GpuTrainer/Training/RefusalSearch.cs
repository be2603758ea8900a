using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training;

/// <summary>Finds the micro-batches of one rank that made a step not finite, so that their samples can be named.</summary>
internal sealed class RefusalSearch<TSample>(
    IObjective<TSample> objective, FlatParameters parameters, IReadOnlyList<IMicroBatch> batches, int samples)
{
    private readonly List<(IMicroBatch Batch, int Term)> _losses = [];

    /// <summary>Notes the loss of a micro-batch's term as it is computed.</summary>
    public void Loss(IMicroBatch batch, int term, double sum)
    {
        if (!double.IsFinite(sum))
        {
            _losses.Add((batch, term));
        }
    }

    /// <summary>Places in the share of the samples in micro-batches whose term is not finite; null when there is none here.</summary>
    public IReadOnlyList<int>? OfLoss(int term) => Places(_losses.Where(l => l.Term == term).Select(l => l.Batch));

    /// <summary>The same for the gradient. Its sum tells nothing of where it comes from, so each micro-batch is computed again, alone;
    /// the gradient buffer is used for that.</summary>
    public IReadOnlyList<int>? OfGradient(long[] counts) => Places(batches.Where(batch =>
    {
        using var scope = torch.NewDisposeScope();
        parameters.ZeroGradients();
        using (var pass = objective.BeginTraining(batch))
        {
            if (objective.WeightedLoss(batch, pass.Sums, counts) is { } loss)
            {
                pass.Backward(loss, null);
            }
        }

        return !double.IsFinite(GlobalNorm.Of(parameters.Gradients));
    }));

    private List<int>? Places(IEnumerable<IMicroBatch> suspects)
    {
        var found = suspects.ToList();
        return found.Count == 0 ? null
            : [.. found.SelectMany(batch => batch.Samples ?? [.. Enumerable.Range(0, samples)]).Distinct().Order()];
    }
}
