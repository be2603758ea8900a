using Ism.Cluster.Membership;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>Finds the workspace that a person means.</summary>
internal static class RunningWorkspaces
{
    private const string Runs = "runs";

    /// <summary>The folder given, the current one when a job runs in it, or the only one below it or below runs/ in which one runs.</summary>
    /// <exception cref="UsageException">There is none, or more than one; names them.</exception>
    public static string Find(string? given, string current)
    {
        if (given is not null)
        {
            var folder = Path.GetFullPath(given, current);
            return IsRunning(folder) ? folder : throw new UsageException($"no job runs in {folder}: {WhyNot(folder)}");
        }

        var found = ((string[])[current, .. Below(current), .. Below(Path.Combine(current, Runs))]).Where(IsRunning).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new UsageException($"no job runs in {current}, in a folder of it, or in {Runs}/; name its workspace with --workspace"),
            _ => throw new UsageException($"several jobs run here: {string.Join(", ", found)}; name one with --workspace"),
        };
    }

    private static string WhyNot(string folder) => EndedMarker.TryRead(folder) is { } ended
        ? $"its job has ended ({ended.Error ?? "it is complete"}); {Workspace.Events} has what it said"
        : $"it has no {Path.Combine("cluster", "members")}";

    private static bool IsRunning(string folder) =>
        EndedMarker.TryRead(folder) is null && Directory.Exists(new MemberFiles(folder).Folder);

    private static string[] Below(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
}
