using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>
/// A copy of the state in host memory, so that steps go on while it is written. Its three buffers (weights and both moments, as large as
/// the state itself: 12 bytes a parameter in float32) are made by the first copy, on the rank that writes, and used again by all later ones.
/// </summary>
internal sealed class HostSnapshot : IDisposable
{
    private readonly List<torch.Tensor> _buffers = [];

    /// <summary>Copies the state over the last copy. The image is good until the next call.</summary>
    /// <exception cref="InvalidOperationException">The state is incomplete.</exception>
    public CheckpointImage Take(TrainingState state, RunIdentity run)
    {
        var image = CheckpointImage.Of(state, run);
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        for (var i = 0; i < image.Buffers.Count; i++)
        {
            var flat = image.Buffers[i].Flat;
            if (i == _buffers.Count)
            {
                _buffers.Add(torch.empty(flat.shape, dtype: flat.dtype, device: torch.CPU).DetachFromDisposeScope());
            }

            _ = _buffers[i].copy_(flat);
        }

        return image with { Buffers = [.. image.Buffers.Select((buffer, i) => (buffer.Name, _buffers[i]))] };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffers.ForEach(buffer => buffer.Dispose());
        _buffers.Clear();
    }
}
