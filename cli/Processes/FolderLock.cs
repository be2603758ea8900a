using System.Globalization;

namespace Ism.Cli.Processes;

/// <summary>
/// One starter of processes at a time in a workspace or home: nodes of two would take each other for a node that was started again, and
/// none would get anywhere. The kernel gives the lock back when its owner ends in whatever way.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const string LockName = "run.lock";
    private const string OwnerName = "run.owner";
    private readonly FileStream _held;

    private FolderLock(FileStream held) => _held = held;

    /// <summary>Takes the folder, which is made if need be.</summary>
    /// <param name="folder">Workspace or home.</param>
    /// <param name="what">What runs there, for the one who comes second: `ism run`.</param>
    /// <exception cref="UsageException">Another has it.</exception>
    public static FolderLock Take(string folder, string what)
    {
        Directory.CreateDirectory(folder);
        var (path, owner) = (Path.Combine(folder, LockName), Path.Combine(folder, OwnerName));
        FileStream held;
        try
        {
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            var who = File.Exists(owner) ? File.ReadAllText(owner).Trim() : "another process";
            throw new UsageException(
                $"{folder} is in use by {who}: wait for it or end it, or name another folder (`--set workspace=FOLDER` or `--home FOLDER`)");
        }

        File.WriteAllText(owner, string.Create(
            CultureInfo.InvariantCulture,
            $"{what} (process {Environment.ProcessId} on {Environment.MachineName}, since {DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm:ss} UTC)\n"));
        return new(held);
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
