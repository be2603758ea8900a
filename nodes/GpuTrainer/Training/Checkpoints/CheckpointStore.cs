using System.Globalization;
using System.Text.Json;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run: <c>step-00000100/</c> with weights.safetensors, optimizer.safetensors, state.json, and a manifest
/// that is renamed into place last, so that a checkpoint is complete and checked or invisible. One rank writes.
/// </summary>
/// <param name="folder">E.g. <c>checkpoints/</c> of the workspace; made when the first one is saved.</param>
/// <param name="keep">Checkpoints kept, the newest; at least 1.</param>
public sealed class CheckpointStore(string folder, int keep = 3)
{
    private const string Weights = "weights.safetensors";
    private const string Optimizer = "optimizer.safetensors";
    private const string State = "state.json";
    private const string Prefix = "step-";

    private readonly int _keep = keep > 0
        ? keep
        : throw new ArgumentOutOfRangeException(nameof(keep), keep, "keep at least 1 checkpoint");

    /// <summary>Writes the state and then deletes the oldest checkpoints beyond those kept.</summary>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="InvalidOperationException">The state is incomplete or not finite: neither ever reaches the
    /// disk.</exception>
    /// <exception cref="IOException">The disk is full or not there; what was there before is untouched.</exception>
    public string Save(TrainingState state, RunIdentity run)
    {
        RequireSound(state);
        var target = Path.Combine(folder, Prefix + state.Step.ToString("D8", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(target);
        CheckpointManifest.Unseal(target);
        CheckpointTensors.Write(Path.Combine(target, Weights), state.Parameters, WeightsOf(state));
        CheckpointTensors.Write(Path.Combine(target, Optimizer), state.Parameters, MomentsOf(state));
        AtomicFile.WriteText(Path.Combine(target, State), JsonSerializer.Serialize(
            new StateFile(state.Step, state.Optimizer.Updates, run.Catalogue, run.Objective, run.Seed), CheckpointJson.Options));
        CheckpointManifest.Seal(target, [Weights, Optimizer, State]);
        DeleteOld(target);
        return target;
    }

    /// <summary>The newest checkpoint whose files are all as they were written; null when there is none.</summary>
    /// <param name="rejected">Newer ones that are unfinished or damaged, and why: to be told to the user.</param>
    public Checkpoint? Latest(out IReadOnlyList<RejectedCheckpoint> rejected)
    {
        var bad = new List<RejectedCheckpoint>();
        rejected = bad;
        foreach (var (path, step) in Folders())
        {
            if (CheckpointManifest.Check(path) is { } problem)
            {
                bad.Add(new(path, problem));
                continue;
            }

            try
            {
                var state = JsonSerializer.Deserialize<StateFile>(
                    File.ReadAllBytes(Path.Combine(path, State)), CheckpointJson.Options);
                if (state?.Step == step)
                {
                    return new(path, step, state.Updates, new(state.Catalogue, state.Objective, state.Seed));
                }

                bad.Add(new(path, $"{State} is of step {state?.Step}"));
            }
            catch (JsonException broken)
            {
                bad.Add(new(path, $"{State}: {broken.Message}"));
            }
        }

        return null;
    }

    /// <summary>Loads a checkpoint into the state, after checking that it fits in every respect.</summary>
    /// <exception cref="InvalidOperationException">It is of another catalogue, objective, seed or model; the state is unchanged.
    /// </exception>
    public static void Restore(Checkpoint checkpoint, TrainingState state, RunIdentity run)
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

        using var weights = SafeTensorsFile.Open(Path.Combine(checkpoint.Folder, Weights));
        using var moments = SafeTensorsFile.Open(Path.Combine(checkpoint.Folder, Optimizer));
        CheckpointTensors.Check(weights, state.Parameters, WeightsOf(state));
        CheckpointTensors.Check(moments, state.Parameters, MomentsOf(state));
        CheckpointTensors.Read(weights, state.Parameters, WeightsOf(state));
        CheckpointTensors.Read(moments, state.Parameters, MomentsOf(state));
        (state.Step, state.Optimizer.Updates) = (checkpoint.Step, checkpoint.Updates);
    }

    private static IReadOnlyList<(string Prefix, torch.Tensor Flat)> WeightsOf(TrainingState state) =>
        [("", state.Parameters.Values)];

    private static IReadOnlyList<(string Prefix, torch.Tensor Flat)> MomentsOf(TrainingState state) =>
        [("mean.", state.Optimizer.Mean), ("mean_of_squares.", state.Optimizer.MeanOfSquares)];

    private static void RequireSound(TrainingState state)
    {
        if (state.Step < 0)
        {
            throw new InvalidOperationException("the state is incomplete: join a group or restore a checkpoint before saving");
        }

        foreach (var (name, flat) in state.Buffers)
        {
            using var sum = flat.sum();
            if (!double.IsFinite(sum.ToDouble()))
            {
                throw new InvalidOperationException(
                    $"step {state.Step}: {name} hold NaN or infinite numbers; no checkpoint was written");
            }
        }
    }

    // Newest first.
    private List<(string Path, long Step)> Folders() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.GetDirectories(folder, Prefix + "*")
            .Select(path => (path, long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), out var step) ? step : -1))
            .Where(found => found.Item2 >= 0).OrderByDescending(found => found.Item2),
    ];

    // The one just written and the newest others with a manifest stay; unfinished ones and those of a future that a restart has
    // abandoned are left to be overwritten or to be looked into.
    private void DeleteOld(string written)
    {
        var older = Folders().Where(found => Path.GetFullPath(found.Path) != Path.GetFullPath(written))
            .Where(found => File.Exists(Path.Combine(found.Path, CheckpointManifest.FileName)));
        foreach (var (path, _) in older.Skip(_keep - 1))
        {
            CheckpointManifest.Unseal(path);
            Directory.Delete(path, recursive: true);
        }
    }

    private sealed record StateFile(long Step, long Updates, string Catalogue, string Objective, long Seed);
}
