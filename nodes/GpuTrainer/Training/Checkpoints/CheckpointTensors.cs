using Ism.Models.Serialization;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>Flat buffers to safetensors and back, one named tensor a parameter; never more than one tensor beside the
/// buffers.</summary>
internal static class CheckpointTensors
{
    /// <summary>Writes buffers; a tensor is called prefix + parameter name.</summary>
    /// <exception cref="InvalidOperationException">A number is NaN or infinite: none ever reaches a checkpoint.</exception>
    public static void Write(
        HashedFile file, CheckpointImage image, IReadOnlyList<(string Prefix, string Name, torch.Tensor Flat)> buffers)
    {
        var places = buffers.SelectMany(buffer => image.Slots.Select(slot => (buffer, slot))).ToList();
        var (headerDone, next) = (false, 0);
        SafeTensorsStream.Write(
            [.. places.Select(p => new TensorSpec(p.buffer.Prefix + p.slot.Name, p.buffer.Flat.dtype, p.slot.Shape))],
            i =>
            {
                (headerDone, next) = (true, i);
                return FlatParameters.View(places[i].buffer.Flat, places[i].slot);
            },
            bytes =>
            {
                if (headerDone)
                {
                    var (buffer, slot) = places[next];
                    file.WriteFinite(bytes, buffer.Flat.dtype, $"step {image.Step}: {buffer.Name} ({slot.Name})");
                }
                else
                {
                    file.Write(bytes);
                }
            });
    }

    /// <summary>Checks that a file holds exactly what the buffers need.</summary>
    /// <exception cref="InvalidOperationException">It does not; the message names the first tensor that differs.</exception>
    public static void Check(
        ITensorSource file, FlatParameters parameters, IReadOnlyList<(string Prefix, torch.Tensor Flat)> buffers)
    {
        foreach (var (prefix, _) in buffers)
        {
            foreach (var slot in parameters.Slots)
            {
                var expected = new TensorSpec(prefix + slot.Name, parameters.Dtype, slot.Shape);
                var found = file.Tensors.GetValueOrDefault(expected.Name);
                if (found?.ToString() != expected.ToString())
                {
                    throw new InvalidOperationException(
                        $"{file.Origin}: {expected.Name} is {found?.ToString() ?? "missing"}, the model "
                        + $"needs {expected}. The checkpoint is of another model; use an empty workspace or "
                        + "the model it was made with");
                }
            }
        }

        if (file.Tensors.Count != buffers.Count * parameters.Slots.Count)
        {
            var known = buffers.SelectMany(buffer => parameters.Slots.Select(slot => buffer.Prefix + slot.Name)).ToHashSet();
            throw new InvalidOperationException(
                $"{file.Origin}: holds {file.Tensors.Keys.First(name => !known.Contains(name))}, which "
                + "the model does not have. The checkpoint is of another model");
        }
    }

    /// <summary>Reads a checked file into the buffers.</summary>
    public static void Read(
        ITensorSource file, FlatParameters parameters, IReadOnlyList<(string Prefix, torch.Tensor Flat)> buffers)
    {
        using var noGrad = torch.no_grad();
        foreach (var (prefix, flat) in buffers)
        {
            foreach (var slot in parameters.Slots)
            {
                using var scope = torch.NewDisposeScope();
                using var stored = file.Read(prefix + slot.Name);
                using var view = FlatParameters.View(flat, slot);
                _ = view.copy_(stored);
            }
        }
    }
}
