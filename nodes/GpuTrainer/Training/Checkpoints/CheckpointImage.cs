using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>A state as it is written: the flat buffers of one moment, which nobody changes until it is.</summary>
/// <param name="Run">The run it belongs to.</param>
/// <param name="Step">Steps completed.</param>
/// <param name="Updates">Updates of the optimizer.</param>
/// <param name="Slots">Where each parameter lies in the buffers.</param>
/// <param name="Buffers">As <see cref="TrainingState.Buffers"/>.</param>
internal sealed record CheckpointImage(
    RunIdentity Run, long Step, long Updates, IReadOnlyList<FlatSlot> Slots, IReadOnlyList<(string Name, torch.Tensor Flat)> Buffers)
{
    /// <summary>The state itself, not a copy: for a caller that trains no step meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The state is incomplete.</exception>
    public static CheckpointImage Of(TrainingState state, RunIdentity run) => state.Step >= 0
        ? new(run, state.Step, state.Optimizer.Updates, state.Parameters.Slots, state.Buffers)
        : throw new InvalidOperationException("the state is incomplete: join a group or restore a checkpoint before saving");
}
