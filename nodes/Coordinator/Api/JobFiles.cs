using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>
/// The files of a job that may be read through the API: what it makes, by name. Nothing outside the workspace, nothing reached through a
/// link that leaves it, and neither the journal nor the resolved job, which may hold the password of a database.
/// </summary>
public static class JobFiles
{
    private const int MostListed = 10_000;

    private static readonly string[] Open =
    [
        Workspace.Metrics, Workspace.Events, Workspace.Quarantine, Workspace.Report, Workspace.Model, Workspace.Checkpoints, Workspace.Logs,
        Workspace.Catalogues, Workspace.Tokens, Workspace.Autoencoder, Workspace.Codebook, "tensorboard",
    ];

    /// <summary>All of them, by path; of more than 10,000 the first.</summary>
    public static IReadOnlyList<FileView> List(Workspace workspace)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        return
        [
            .. Open.Select(name => workspace.At(name)).SelectMany(path =>
                    File.Exists(path) ? [path] : Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", options) : [])
                .Take(MostListed).Select(path => new FileInfo(path)).Where(file => file.Exists)
                .Select(file => new FileView(
                    Path.GetRelativePath(workspace.Root, file.FullName).Replace('\\', '/'), file.Length, file.LastWriteTimeUtc))
                .OrderBy(file => file.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>The absolute path of a file that may be read; null for any other, and for one that is not there.</summary>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="path">Relative to it.</param>
    public static string? Find(Workspace workspace, string path)
    {
        // No part that goes anywhere but down: "model/../job.json" begins with what may be read.
        var parts = path.Split('/');
        if (path.Contains('\0') || path.Contains('\\') || parts.Any(p => p is "" or "." or "..") || !Open.Contains(parts[0]))
        {
            return null;
        }

        var root = Path.TrimEndingDirectorySeparator(workspace.At()) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(Path.Combine(root, path));
        return full.StartsWith(root, StringComparison.Ordinal) && File.Exists(full) && !PassesLink(root, full) ? full : null;
    }

    private static bool PassesLink(string root, string full)
    {
        for (var at = full; at.Length >= root.Length; at = Path.GetDirectoryName(at)!)
        {
            if ((File.GetAttributes(at) & FileAttributes.ReparsePoint) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
