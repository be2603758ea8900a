using System.Globalization;
using Ism.Cli.Storage;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Processes;

/// <summary>What a <see cref="LocalCluster"/> is started for.</summary>
/// <param name="Cluster">Numbers of nodes and threads.</param>
/// <param name="Folder">Workspace or home.</param>
/// <param name="Place">The option that names it: --workspace or --home.</param>
/// <param name="Api">Where coordinators serve their API ("HOST:PORT"); the first one there, the others on free ports.</param>
/// <param name="Address">What the nodes are told to work in, where it is not <paramref name="Folder"/>: a workspace on storage, of which that is
/// the cache.</param>
public sealed record LocalPlan(ClusterOptions Cluster, string Folder, string Place, string? Api, string? Address = null)
{
    private const string WorkspaceOption = "--workspace";

    /// <summary>One job; the cluster ends with it.</summary>
    public static LocalPlan For(JobOptions job, string? api = null) =>
        new(job.Cluster, StoredWorkspace.FolderOf(job.Workspace), WorkspaceOption, api, job.Workspace);

    /// <summary>A standing cluster; it ends when it is asked to.</summary>
    public static LocalPlan ForHome(string home, ClusterOptions cluster, string? api) => new(cluster, home, "--home", api);

    /// <summary>Takes away what nodes of an earlier cluster have left.</summary>
    public void Prepare()
    {
        if (Place == WorkspaceOption && Path.Combine(Folder, "cluster") is var members && Directory.Exists(members))
        {
            Directory.Delete(members, recursive: true);
        }

        new ApiRecords(Folder).Clear();
    }

    /// <summary>How the job ended; null while it goes on, and always for a standing cluster.</summary>
    public EndedMarker? Ended() => Place == WorkspaceOption ? EndedMarker.TryRead(Folder) : null;

    /// <summary>The command line of a node.</summary>
    public IReadOnlyList<string> Arguments(string role, int number)
    {
        List<string> arguments = ["node", role, Place, Address ?? Folder, "--number", number.ToString(CultureInfo.InvariantCulture)];
        if (Api is not null && role == NodeRoles.Coordinator && number == 0)
        {
            arguments.AddRange(["--api", Api]);
        }

        return arguments;
    }
}
