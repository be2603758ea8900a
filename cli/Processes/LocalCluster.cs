using System.Globalization;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Processes;

/// <summary>
/// A whole cluster of processes on this machine for one job: a coordinator, featurizers and trainers. A featurizer or trainer that dies
/// is started again a few times; the job goes on without it meanwhile.
/// </summary>
public sealed class LocalCluster(JobOptions job, ProcessGroup processes, Action<string> note)
{
    private const int MostRestarts = 3;
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(20);
    private readonly Dictionary<string, int> _restarts = [];

    /// <summary>Starts all nodes and returns when the coordinator has ended, with its exit code.</summary>
    /// <exception cref="IOException">A process cannot be started.</exception>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        SeedFile.Delete(job.Workspace);
        var coordinator = Start(NodeRoles.Coordinator, 0, 0);
        var workers = new List<NodeProcess>();
        for (var i = 0; i < job.Cluster.Featurizers; i++)
        {
            workers.Add(Start(NodeRoles.Featurizer, i, job.Cluster.ThreadsPerFeaturizer));
        }

        for (var i = 0; i < job.Cluster.Trainers; i++)
        {
            workers.Add(Start(NodeRoles.Trainer, i, job.Cluster.ThreadsPerTrainer));
        }

        try
        {
            while (!coordinator.Exited.IsCompleted)
            {
                var ended = await processes.WaitForAnyExitAsync([coordinator, .. workers], cancel);
                if (ended != coordinator && !coordinator.Exited.IsCompleted)
                {
                    workers.Remove(ended);
                    if (Again(ended) is { } replacement)
                    {
                        workers.Add(replacement);
                    }
                }
            }

            return await coordinator.Exited;
        }
        finally
        {
            await processes.StopAsync(StopDeadline);
        }
    }

    private NodeProcess? Again(NodeProcess ended)
    {
        note(ended.DescribeEnd());
        var restarts = _restarts[ended.Name] = _restarts.GetValueOrDefault(ended.Name) + 1;
        if (restarts > MostRestarts)
        {
            note($"{ended.Name} has died {restarts} times and is not started again");
            return null;
        }

        note($"{ended.Name} is started again ({restarts} of {MostRestarts})");
        var threads = ended.Role == NodeRoles.Trainer ? job.Cluster.ThreadsPerTrainer : job.Cluster.ThreadsPerFeaturizer;
        return Start(ended.Role, ended.Number, threads);
    }

    private NodeProcess Start(string role, int number, int threads)
    {
        var count = role == NodeRoles.Trainer ? job.Cluster.Trainers : Math.Max(1, job.Cluster.Featurizers);
        // Featurizers and trainers take turns at being busy, so each role is given the whole machine.
        var share = threads > 0 ? threads : Math.Max(1, Environment.ProcessorCount / count);
        var environment = new Dictionary<string, string>();
        if (role != NodeRoles.Coordinator)
        {
            environment["OMP_NUM_THREADS"] = share.ToString(CultureInfo.InvariantCulture);
            environment["MKL_NUM_THREADS"] = share.ToString(CultureInfo.InvariantCulture);
            // Returning memory to the kernel after every step costs a third of a training step on CPUs.
            environment["MALLOC_MMAP_THRESHOLD_"] = "1073741824";
            environment["MALLOC_TRIM_THRESHOLD_"] = "4294967296";
            environment["MALLOC_TOP_PAD_"] = "67108864";
        }

        return processes.Start(new NodeStart(role, number, ["node", role, "--workspace", job.Workspace, "--number",
            number.ToString(CultureInfo.InvariantCulture)], environment));
    }
}
