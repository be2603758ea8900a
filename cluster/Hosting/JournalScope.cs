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
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = $"{path}.{Environment.MachineName}.{Environment.ProcessId}";
            File.WriteAllText(temporary, Guid.NewGuid().ToString("N"));
            try
            {
                File.Move(temporary, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another coordinator was first.
                File.Delete(temporary);
            }
        }

        return $"{File.ReadAllText(path).Trim()}/";
    }
}
