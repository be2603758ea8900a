using Ism.Cli.Storage;
using Ism.Cli.Terminal;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Processes;

/// <summary>Runs a job on a local cluster and shows it.</summary>
internal static class DisplayedRun
{
    /// <summary>Runs until the job is over: null when it is complete, else why not.</summary>
    /// <param name="context">The verb.</param>
    /// <param name="job">The job, in its workspace.</param>
    /// <param name="display">Where it is shown.</param>
    /// <param name="placement">Where the nodes run; null for this machine's loopback.</param>
    /// <param name="beside">Runs beside the job and is cancelled when it is over; null for nothing.</param>
    /// <param name="cancel">Stops the nodes.</param>
    public static async Task<string?> RunAsync(
        VerbContext context,
        JobOptions job,
        ProgressDisplay display,
        INodePlacement? placement,
        Func<LocalCluster, ProcessGroup, CancellationToken, Task>? beside,
        CancellationToken cancel)
    {
        var lines = new ClusterLines(display);
        await using var processes = new ProcessGroup(StoredWorkspace.FolderOf(job.Workspace), lines.Take, context.Interruption);
        var cluster = lines.Cluster = new LocalCluster(LocalPlan.For(job), processes, display.Note, placement);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var other = beside?.Invoke(cluster, processes, over.Token) ?? Task.CompletedTask;
        try
        {
            return await cluster.RunAsync(cancel);
        }
        finally
        {
            await over.CancelAsync();
            await other;
        }
    }
}
