using System.Text.Json;
using Ism.Models.Serialization;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run: <c>step-00000100/</c> with weights.safetensors, optimizer.safetensors, state.json and a manifest of their
/// checksums. One is written under another name, flushed to the device and renamed, so that it is complete and checked or invisible,
/// also when two processes write the same step: who renames first wins.
/// </summary>
/// <param name="folder">E.g. <c>checkpoints/</c> of the workspace; made when the first one is saved.</param>
/// <param name="keep">Checkpoints kept, the newest; at least 1.</param>
/// <param name="keepEvery">Checkpoints after a multiple of this many steps are kept for ever; 0: none.</param>
public sealed class CheckpointStore(string folder, int keep = 3, int keepEvery = 0)
{
    private readonly int _keep = keep > 0
        ? keep
        : throw new ArgumentOutOfRangeException(nameof(keep), keep, "keep at least 1 checkpoint");

    private readonly int _keepEvery = keepEvery >= 0
        ? keepEvery
        : throw new ArgumentOutOfRangeException(nameof(keepEvery), keepEvery, "a number of steps, or 0");

    private readonly CheckpointFolder _contents = new(folder);
    private bool _leftoversDeleted;

    /// <summary>Where checkpoints are.</summary>
    public string Folder => folder;

    /// <summary>Makes a new file of a checkpoint; tests put slow and failing disks here.</summary>
    public Func<string, FileStream> CreateFile { get; init; } =
        path => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>Where checkpoints are kept beside the folder; null: nowhere.</summary>
    internal CheckpointCopies? Copies { get; init; }

    /// <summary>Told of a checkpoint that was found good, before it is loaded; tests take it away there.</summary>
    public Action<Checkpoint> Checked { get; init; } = _ => { };

    /// <summary>Writes the state as it is, then deletes the oldest checkpoints beyond those kept. The state must not change meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">The state is incomplete or not finite: neither ever reaches the
    /// disk.</exception>
    /// <exception cref="IOException">The disk is full or not there; what was there before is untouched, and nothing new is.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public SavedCheckpoint Save(TrainingState state, RunIdentity run) => Save(CheckpointImage.Of(state, run), CancellationToken.None);

    /// <summary>The newest checkpoint whose files are all as they were written; null when there is none.</summary>
    /// <param name="rejected">Newer ones that are unfinished or damaged, what does not belong there, and why: to be told to the
    /// user.</param>
    public Checkpoint? Latest(out IReadOnlyList<RejectedCheckpoint> rejected) => Find(_ => true, out rejected);

    /// <summary>Looks at every checkpoint there is, not at the newest alone.</summary>
    /// <param name="rejected">As in <see cref="Latest"/>, of any age.</param>
    /// <returns>The good ones, the newest first.</returns>
    public IReadOnlyList<Checkpoint> All(out IReadOnlyList<RejectedCheckpoint> rejected)
    {
        var good = new List<Checkpoint>();
        _ = Find(
            checkpoint =>
            {
                good.Add(checkpoint);
                return false;
            },
            out rejected);
        return good;
    }

    /// <summary>Loads the newest good checkpoint into the state; null, and nothing changed, when there is none.</summary>
    /// <param name="state">A state that has done no step.</param>
    /// <param name="run">The run that is to continue.</param>
    /// <param name="rejected">As in <see cref="Latest"/>; one that vanishes or becomes unreadable while it is loaded is among them.</param>
    /// <exception cref="InvalidOperationException">The newest good one is of another run or model.</exception>
    /// <exception cref="IOException">The last one broke off while it was read, so that the first weights are lost too; or the folder
    /// cannot be listed.</exception>
    public Checkpoint? RestoreLatest(TrainingState state, RunIdentity run, out IReadOnlyList<RejectedCheckpoint> rejected)
    {
        var unreadable = new List<RejectedCheckpoint>();
        unreadable.AddRange(Copies?.BringNewest() ?? []);
        var found = Find(Restored, out var bad);
        rejected = [.. unreadable, .. bad];
        return found is null && state.Step == TrainingState.Incomplete
            ? throw new IOException($"{unreadable[^1].Folder}: {unreadable[^1].Reason}; no other checkpoint is good. Start again")
            : found;

        bool Restored(Checkpoint checkpoint)
        {
            try
            {
                CheckpointRestore.Into(state, checkpoint, run);
                return true;
            }
            catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                unreadable.Add(new(checkpoint.Folder, $"could not be read: {problem.Message}"));
                return false;
            }
        }
    }

    /// <summary>Loads a checkpoint into the state, after checking that it fits in every respect.</summary>
    /// <exception cref="InvalidOperationException">It is of another catalogue, objective, seed or model; the state is unchanged.
    /// </exception>
    public static void Restore(Checkpoint checkpoint, TrainingState state, RunIdentity run) =>
        CheckpointRestore.Into(state, checkpoint, run);

    /// <summary>Writes an image; may be called on any thread, one at a time.</summary>
    /// <exception cref="OperationCanceledException">The checkpoint is not wanted any more; nothing of it is left.</exception>
    internal SavedCheckpoint Save(CheckpointImage image, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var notes = new List<string>();
        if (!_leftoversDeleted)
        {
            notes.AddRange(_contents.DeleteLeftovers(DateTime.UtcNow));
            _leftoversDeleted = true;
        }

        var draft = Path.Combine(
            folder, $"{CheckpointNames.WritingPrefix}{CheckpointNames.Of(image.Step)}-{Guid.NewGuid():N}");
        var target = Path.Combine(folder, CheckpointNames.Of(image.Step));
        try
        {
            var bytes = Write(draft, image, cancel);
            var placed = Place(draft, target, image);
            AtomicFile.FlushFolder(folder);
            Copies?.Keep(image.Step, cancel);
            notes.AddRange(_contents.DeleteOld(image.Step, _keep, _keepEvery));
            notes.AddRange(Copies?.DeleteOld(image.Step, _keep, _keepEvery) ?? []);
            return new(target, image.Step, bytes, !placed, notes);
        }
        finally
        {
            _ = CheckpointFolder.Delete(draft);
        }
    }

    private long Write(string draft, CheckpointImage image, CancellationToken cancel)
    {
        Directory.CreateDirectory(draft);
        var (weights, mean, squares) = (image.Buffers[0], image.Buffers[1], image.Buffers[2]);
        var state = new StateFile(image.Step, image.Updates, image.Run.Catalogue, image.Run.Objective, image.Run.Seed);
        CheckpointFile[] files =
        [
            New(CheckpointNames.Weights, file => CheckpointTensors.Write(file, image, [("", weights.Name, weights.Flat)])),
            New(CheckpointNames.Optimizer, file => CheckpointTensors.Write(
                file, image, [("mean.", mean.Name, mean.Flat), ("mean_of_squares.", squares.Name, squares.Flat)])),
            New(CheckpointNames.State, file => file.Write(JsonSerializer.SerializeToUtf8Bytes(state, CheckpointJson.Options))),
        ];
        var manifest = new CheckpointManifest(CheckpointManifest.CurrentFormat, files);
        var seal = New(CheckpointNames.Manifest, file => file.Write(JsonSerializer.SerializeToUtf8Bytes(manifest, CheckpointJson.Options)));
        AtomicFile.FlushFolder(draft);
        return files.Append(seal).Sum(file => file.Bytes);

        CheckpointFile New(string name, Action<HashedFile> write)
        {
            using var file = new HashedFile(Path.Combine(draft, name), CreateFile, cancel);
            write(file);
            return file.Finish();
        }
    }

    // False when another process has put a good checkpoint of this step there already: after the same samples it holds the same state,
    // so this one is not needed. What is damaged, unfinished or of another run makes way.
    private bool Place(string draft, string target, CheckpointImage image)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                Directory.Move(draft, target);
                return true;
            }
            catch (IOException) when (Directory.Exists(target) && tries < 5)
            {
                if (CheckpointRestore.Open(target, image.Step).Good?.Run == image.Run)
                {
                    return false;
                }

                _ = _contents.Remove(target);
            }
        }
    }

    private Checkpoint? Find(Func<Checkpoint, bool> accept, out IReadOnlyList<RejectedCheckpoint> rejected)
    {
        var (candidates, strays) = _contents.List();
        var bad = new List<RejectedCheckpoint>();
        rejected = bad;
        foreach (var (path, step) in candidates)
        {
            var (good, problem) = CheckpointRestore.Open(path, step);
            if (good is null)
            {
                bad.Add(new(path, problem));
            }
            else
            {
                Checked(good);
                if (accept(good))
                {
                    bad.AddRange(strays);
                    return good;
                }
            }
        }

        bad.AddRange(strays);
        return null;
    }
}
