namespace Ism.GpuTrainer.Training.Checkpoints;

/// <summary>The folder that holds a run's checkpoints: what is in it, and what goes out of it. Anyone may add to it or take from it at
/// any time, so nothing here relies on what was listed a moment ago.</summary>
internal sealed class CheckpointFolder(string path)
{
    /// <summary>After this time without a change, an unfinished checkpoint has no writer any more. Writers on other machines cannot be
    /// asked.</summary>
    public static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    /// <summary>Checkpoints by their names, newest first, and everything else that is there with the reason why it is none.</summary>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    public (IReadOnlyList<(string Path, long Step)> Checkpoints, IReadOnlyList<RejectedCheckpoint> Strays) List()
    {
        if (File.Exists(path))
        {
            return ([], [new(path, "is a file, where the folder of checkpoints should be")]);
        }

        if (!Directory.Exists(path))
        {
            return ([], []);
        }

        var (checkpoints, strays) = (new List<(string Path, long Step)>(), new List<RejectedCheckpoint>());
        foreach (var entry in Directory.GetFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(entry);
            if (CheckpointNames.StepOf(name) is { } step)
            {
                checkpoints.Add((entry, step));
            }
            else
            {
                strays.Add(new(entry, Why(entry, name)));
            }
        }

        return ([.. checkpoints.OrderByDescending(c => c.Step)], strays);
    }

    /// <summary>Deletes the checkpoints older than the one just written that are neither among those kept nor kept for ever.</summary>
    /// <returns>What could not be deleted, and why.</returns>
    public IReadOnlyList<string> DeleteOld(long written, int keep, int keepEvery)
    {
        // Unfinished ones, and those of a future that a restart has abandoned, are left to be overwritten or to be looked into.
        var older = List().Checkpoints.Where(c => c.Step < written && File.Exists(Path.Combine(c.Path, CheckpointNames.Manifest)));
        return [.. older.Skip(keep - 1).Where(c => keepEvery == 0 || c.Step % keepEvery != 0).Select(c => Remove(c.Path)).OfType<string>()];
    }

    /// <summary>Deletes what writers that are no longer there have left.</summary>
    /// <returns>What could not be deleted, and why.</returns>
    public IReadOnlyList<string> DeleteLeftovers(DateTime now) =>
        [.. Directory.GetDirectories(path).Where(IsLeftover).Where(entry => now - LastChange(entry) > LeftoverAge)
            .Select(Delete).OfType<string>()];

    /// <summary>Makes a checkpoint invisible at once, then deletes it.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    public string? Remove(string checkpoint)
    {
        var aside = Path.Combine(path, $"{CheckpointNames.RemovedPrefix}{Path.GetFileName(checkpoint)}-{Guid.NewGuid():N}");
        try
        {
            Directory.Move(checkpoint, aside);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"{checkpoint} could not be deleted: {problem.Message}";
        }

        return Delete(aside);
    }

    /// <summary>Deletes a folder with all that is in it.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    public static string? Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"{folder} could not be deleted: {problem.Message}";
        }
    }

    private static bool IsLeftover(string entry)
    {
        var name = Path.GetFileName(entry);
        return name.StartsWith(CheckpointNames.WritingPrefix, StringComparison.Ordinal)
            || name.StartsWith(CheckpointNames.RemovedPrefix, StringComparison.Ordinal);
    }

    private static DateTime LastChange(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder).Append(folder).Max(File.GetLastWriteTimeUtc);
        }
        catch (IOException)
        {
            return DateTime.MaxValue;
        }
    }

    private static string Why(string entry, string name) =>
        IsLeftover(entry) ? "is being written or deleted, or its writer was ended: it never was a checkpoint"
        : File.Exists(entry) ? "is a file that does not belong there"
        : $"is not called like a checkpoint ({CheckpointNames.Of(100)}); '{name}' is passed over";
}
