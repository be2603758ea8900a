using Ism.Protocol.Files;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Hosting;

/// <summary>
/// What tells the jobs of one database apart: an id that a workspace gets when a job in it first opens its journal. A job whose journal is a
/// file in its workspace needs none.
/// </summary>
public static class JournalScope
{
    private const string FileName = "ledger/scope";

    /// <summary>What the names of a job's owners in the journal begin with; empty for a journal in the workspace.</summary>
    /// <exception cref="IOException">The workspace cannot be read or written.</exception>
    public static string Of(Workspace workspace, JobOptions job)
    {
        if (job.Cluster.Journal.Length == 0)
        {
            return "";
        }

        var path = workspace.At(FileName);
        if (!workspace.Bring(path))
        {
            // Of several coordinators that come at once the first one's counts.
            WholeFile.WriteNew(path, Guid.NewGuid().ToString("N"));
        }

        workspace.Keep(path);
        return $"{File.ReadAllText(path).Trim()}/";
    }
}
