using Ism.Protocol.Jobs;

namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>Checkpoints on the storage that a workspace lies on. One is there when all its files are; the rules of keeping are those of the
/// folder.</summary>
/// <param name="store">The storage.</param>
/// <param name="folder">The folder of checkpoints, below the workspace.</param>
internal sealed class CheckpointCopies(IWorkspaceStore store, string folder)
{
    /// <summary>Sends the checkpoint of a step.</summary>
    /// <exception cref="IOException">The storage refuses, or has not answered for long.</exception>
    /// <exception cref="OperationCanceledException">It is not wanted any more.</exception>
    public void Keep(long step, CancellationToken cancel) => store.KeepFolder(NameOf(step), cancel);

    /// <summary>Fetches the newest checkpoint that arrives whole.</summary>
    /// <returns>Newer ones that do not, and why.</returns>
    /// <exception cref="IOException">The storage refuses or has not answered for long, or the disk is full.</exception>
    public IReadOnlyList<RejectedCheckpoint> BringNewest()
    {
        var rejected = new List<RejectedCheckpoint>();
        foreach (var step in Steps())
        {
            try
            {
                if (store.BringFolder(NameOf(step)))
                {
                    break;
                }
            }
            catch (InvalidDataException damage)
            {
                rejected.Add(new(NameOf(step), damage.Message));
            }
        }

        return rejected;
    }

    /// <summary>Deletes on the storage what the folder's rule does not keep.</summary>
    /// <returns>What could not be deleted, and why.</returns>
    public IReadOnlyList<string> DeleteOld(long written, int keep, int keepEvery)
    {
        try
        {
            foreach (var step in Steps().Where(s => s < written).Skip(keep - 1).Where(s => keepEvery == 0 || s % keepEvery != 0))
            {
                store.DropFolder(NameOf(step));
            }

            return [];
        }
        catch (IOException problem)
        {
            return [$"old checkpoints could not be deleted on the storage: {problem.Message}"];
        }
    }

    private string NameOf(long step) => $"{folder}/{CheckpointNames.Of(step)}";

    private IEnumerable<long> Steps() => store.Folders(folder).Select(CheckpointNames.StepOf).OfType<long>().OrderDescending();
}
