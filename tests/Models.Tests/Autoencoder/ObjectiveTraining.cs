using Ism.Models.Autoencoder;
using Ism.Models.Numerics;
using Ism.Models.Training;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Autoencoder;

/// <summary>A few steps of an objective over microenvironments, on all samples at once.</summary>
internal static class ObjectiveTraining
{
    /// <summary>The mean of each term, step by step.</summary>
    public static List<double[]> Train(IObjective<EnvironmentSample> objective, List<EnvironmentSample> samples, int steps)
    {
        // Adam by hand: a few lines, and the training loop's own optimizer is tested with the loop.
        var (first, second) = (Zeros(objective), Zeros(objective));
        var losses = new List<double[]>();
        for (var step = 1; step <= steps; step++)
        {
            using var scope = NewDisposeScope();
            losses.Add(Backward(objective, samples));
            using var grad = no_grad();
            foreach (var (parameter, m, v) in objective.Parameters.Zip(first, second))
            {
                if (parameter.Tensor.grad is { } gradient)
                {
                    m.mul_(Held.Of(0.9)).add_(gradient, alpha: Held.Of(0.1));
                    v.mul_(Held.Of(0.99)).addcmul_(gradient, gradient, value: Held.Of(0.01));
                    var update = m / Held.Of(1 - Math.Pow(0.9, step)) / ((v / Held.Of(1 - Math.Pow(0.99, step))).sqrt() + Held.Of(1e-8));
                    parameter.Tensor.sub_(Held.Of(5e-3) * update);
                    gradient.zero_();
                }
            }
        }

        first.ForEach(tensor => tensor.Dispose());
        second.ForEach(tensor => tensor.Dispose());
        return losses;
    }

    /// <summary>The mean of each term; its gradient is added to the parameters.</summary>
    public static double[] Backward(IObjective<EnvironmentSample> objective, List<EnvironmentSample> samples)
    {
        var batches = objective.Collate(samples);
        var counts = objective.Terms.Select((_, t) => Math.Max(1, batches.Sum(batch => batch.Counts[t]))).ToArray();
        var means = new double[counts.Length];
        foreach (var batch in batches)
        {
            using (batch)
            {
                using var scope = NewDisposeScope();
                var terms = objective.ForwardSums(batch).Select((sum, t) => sum / Held.Of(counts[t])).ToArray();
                terms.Select((mean, t) => mean * Held.Of(objective.TermWeights[t])).Aggregate((a, b) => a + b).backward();
                for (var t = 0; t < terms.Length; t++)
                {
                    means[t] += terms[t].item<float>();
                }
            }
        }

        return means;
    }

    private static List<Tensor> Zeros(IObjective<EnvironmentSample> objective) =>
        [.. objective.Parameters.Select(p => zeros_like(p.Tensor).detach())];
}
