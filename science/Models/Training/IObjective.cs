using TorchSharp;

namespace Ism.Models.Training;

/// <summary>A trained tensor under the name it has in checkpoints.</summary>
public readonly record struct NamedParameter(string Name, torch.Tensor Tensor);

/// <summary>What one forward and backward pass of one rank computes. Owns its tensors.</summary>
public interface IMicroBatch : IDisposable
{
    /// <summary>Per term of the objective, over how many positions this micro-batch sums its loss. May be 0.</summary>
    IReadOnlyList<long> Counts { get; }

    /// <summary>Useful tokens (residues, or atoms for the autoencoder): nothing that is padding.</summary>
    long UsefulTokens { get; }

    /// <summary>Places, in the share that was collated, of the samples that are in this micro-batch, wholly or in part; null where that
    /// is not known. Only used to name the samples of a loss that is not finite.</summary>
    IReadOnlyList<int>? Samples => null;
}

/// <summary>
/// What is trained: the training loop is written once over this and knows nothing of proteins. A loss is a weighted sum of terms; a
/// term is a mean over its positions in the whole global batch, so an objective returns SUMS and counts and the loop divides by
/// the global counts: the gradient is then the same for any number of ranks and micro-batches.
/// Used by one thread at a time.
/// </summary>
/// <typeparam name="TSample">One element of the global batch as the data plane delivers it.</typeparam>
public interface IObjective<TSample> : IDisposable
{
    /// <summary>For logs and metrics, e.g. "structure-tuning".</summary>
    string Name { get; }

    /// <summary>Names of the loss terms, in the order of <see cref="IMicroBatch.Counts"/> and <see cref="ForwardSums"/>.</summary>
    IReadOnlyList<string> Terms { get; }

    /// <summary>Weight of each term in the loss (1 unless configured). 0 leaves a term out of the gradient but reports it.</summary>
    IReadOnlyList<double> TermWeights { get; }

    /// <summary>The trained parameters in a fixed order; the order is that of flat buffers on every rank.</summary>
    IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>Splits a rank's share of a global batch into micro-batches. Pure: the same samples give the same batches, masks
    /// included (they are drawn from the sample's own key). An empty share gives no micro-batches.</summary>
    IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<TSample> share);

    /// <summary>Forward pass: one scalar tensor per term, the SUM of its losses over the micro-batch's positions, attached to the
    /// graph. A term whose count is 0 returns a zero.</summary>
    IReadOnlyList<torch.Tensor> ForwardSums(IMicroBatch batch);

    /// <summary>The same forward pass for training: its losses and the way back. Equal to <see cref="ForwardSums"/> and autograd up to
    /// rounding; an objective may compute it in another way or precision.</summary>
    ITrainingPass BeginTraining(IMicroBatch batch) => new AutogradPass(ForwardSums(batch));

    /// <summary>Takes over changed weights where an objective keeps a working copy of them. Called before the first training pass of
    /// every step.</summary>
    void Refresh()
    {
    }

    /// <summary>In which order a backward pass completes the gradients of <see cref="Parameters"/>; every parameter is in one range. The
    /// same on every rank.</summary>
    IReadOnlyList<ParameterRange> CompletionOrder => [new(0, Parameters.Count)];

    /// <summary>Counts of right predictions per metric for held-out evaluation: (metric name, right, total). Called without grad.</summary>
    IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch);
}
