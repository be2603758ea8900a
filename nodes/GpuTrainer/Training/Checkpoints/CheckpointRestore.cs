using System.Text.Json;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>Reads checkpoints.</summary>
internal static class CheckpointRestore
{
    /// <summary>The checkpoint of a folder, if its files are all as they were written; else why not.</summary>
    public static (Checkpoint? Good, string Problem) Open(string folder, long step)
    {
        if (CheckpointManifest.Check(folder) is { } problem)
        {
            return (null, problem);
        }

        try
        {
            var state = JsonSerializer.Deserialize<StateFile>(
                File.ReadAllBytes(Path.Combine(folder, CheckpointNames.State)), CheckpointJson.Options);
            return state?.Step == step
                ? (new(folder, step, state.Updates, new(state.Catalogue, state.Objective, state.Seed)), "")
                : (null, $"{CheckpointNames.State} is of step {state?.Step}");
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            return (null, $"{CheckpointNames.State}: {broken.Message}");
        }
    }

    /// <summary>Loads a checkpoint into the state, after checking that it fits in every respect; until then nothing is changed.</summary>
    /// <exception cref="InvalidOperationException">It is of another catalogue, objective, seed or model.</exception>
    /// <exception cref="IOException">It has gone or cannot be read.</exception>
    public static void Into(TrainingState state, Checkpoint checkpoint, RunIdentity run)
    {
        foreach (var (what, found, expected) in ((string, string, string)[])
            [
                ("catalogue", checkpoint.Run.Catalogue, run.Catalogue), ("objective", checkpoint.Run.Objective, run.Objective),
                ("seed", $"{checkpoint.Run.Seed}", $"{run.Seed}"),
            ])
        {
            if (found != expected)
            {
                throw new InvalidOperationException($"checkpoint {checkpoint.Folder} was made with {what} {found}, this job has "
                    + $"{expected}: the order of samples would not continue. Use an empty workspace, or the "
                    + "settings it was made with");
            }
        }

        using var weights = SafeTensorsFile.Open(Path.Combine(checkpoint.Folder, CheckpointNames.Weights));
        using var moments = SafeTensorsFile.Open(Path.Combine(checkpoint.Folder, CheckpointNames.Optimizer));
        CheckpointTensors.Check(weights, state.Parameters, WeightsOf(state));
        CheckpointTensors.Check(moments, state.Parameters, MomentsOf(state));
        state.Step = TrainingState.Incomplete;
        CheckpointTensors.Read(weights, state.Parameters, WeightsOf(state));
        CheckpointTensors.Read(moments, state.Parameters, MomentsOf(state));
        (state.Step, state.Optimizer.Updates) = (checkpoint.Step, checkpoint.Updates);
    }

    private static IReadOnlyList<(string Prefix, torch.Tensor Flat)> WeightsOf(TrainingState state) =>
        [("", state.Parameters.Values)];

    private static IReadOnlyList<(string Prefix, torch.Tensor Flat)> MomentsOf(TrainingState state) =>
        [("mean.", state.Optimizer.Mean), ("mean_of_squares.", state.Optimizer.MeanOfSquares)];
}

/// <summary>What a checkpoint's state.json holds.</summary>
internal sealed record StateFile(long Step, long Updates, string Catalogue, string Objective, long Seed);
