using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training;

/// <summary>
/// Everything that a run changes: weights, moments and the number of the next step. The same on every rank after every step;
/// what a checkpoint holds and what a new member is given. Owned by the thread that trains.
/// </summary>
public sealed class TrainingState : IDisposable
{
    /// <summary>The step of a state that was being overwritten when its source was lost: not to be used.</summary>
    public const long Incomplete = -1;

    /// <summary>Takes the parameters into flat buffers; moments are zero.</summary>
    public TrainingState(IReadOnlyList<NamedParameter> parameters, AdamWOptions? optimizer = null)
    {
        Parameters = new(parameters);
        Optimizer = new(Parameters, optimizer);
    }

    /// <summary>The weights and their gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimizer over them.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Steps completed, which is the number of the next step; <see cref="Incomplete"/> when the state is of no
    /// use.</summary>
    public long Step { get; set; }

    /// <summary>The buffers that make up the state, in a fixed order.</summary>
    public IReadOnlyList<(string Name, torch.Tensor Flat)> Buffers =>
        [("weights", Parameters.Values), ("mean", Optimizer.Mean), ("mean_of_squares", Optimizer.MeanOfSquares)];

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Parameters.Dispose();
    }
}
