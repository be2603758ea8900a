using System.CommandLine;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism node ROLE`: this process as one node of a cluster.</summary>
internal static class NodeVerb
{
    public static Command Create(VerbContext context) => new("node", "Run this process as one node of a cluster.")
    {
        Role(context, NodeRoles.Coordinator, "Holds the job: ledger, training group, report. Prints progress as JSON lines."),
        Role(context, NodeRoles.Featurizer, "Turns structures into tokens and serves them to trainers."),
        Role(context, NodeRoles.Trainer, "One rank of the training group."),
    };

    private static Command Role(VerbContext context, string role, string description)
    {
        var workspace = new Option<string>("--workspace")
        {
            Description = "Folder of the job, with its job.json; the same place on every node",
            HelpName = "FOLDER",
            Required = true,
        };
        var number = new Option<int?>("--number")
        {
            Description = "Number among the nodes of this role, unique; without it, what Slurm, torchrun or mpirun gave this process, else host "
                + "name and process id tell them apart",
            HelpName = "N",
        };
        var host = new Option<string?>("--host")
        {
            Description = "Name or address under which other nodes reach this one; without it, this machine's where Slurm or a launcher over "
                + "several machines has started the process, else 127.0.0.1",
            HelpName = "HOST",
        };
        var port = new Option<int>("--port") { Description = "Port of the actor transport; 0 takes a free one", HelpName = "PORT" };
        var seed = new Option<string[]>("--seed")
        {
            Description = "Coordinator to join, may be repeated; without it, its address is found in the workspace",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => [],
        };
        var command = new Command(role, description) { workspace, number, host, port, seed };
        command.SetAction(async (parsed, cancel) =>
        {
            var place = new Workspace(Path.GetFullPath(parsed.GetValue(workspace)!));
            var job = place.ReadJob();
            var task = BatchTask.Here();
            if (role == NodeRoles.Trainer && VisibleGpu.Choose(task) is { } chosen)
            {
                await context.Error.WriteLineAsync($"ism: {chosen}");
            }

            var given = parsed.GetValue(number);
            var node = new NodeOptions
            {
                Role = role,
                NodeId = (given ?? task?.Number) is { } n ? $"{role}-{n}" : $"{role}-{Environment.MachineName}-{Environment.ProcessId}",
                Host = parsed.GetValue(host) ?? NodeAddress.Default(task),
                Port = parsed.GetValue(port),
                Workspace = place.Root,
                Seeds = parsed.GetValue(seed) ?? [],
                Journal = job.Cluster.Journal,
            };
            // Of several processes in one Slurm job, none may end the others: their script has the job queued again.
            var queuesAgain = given is null ? task is { WholeJob: true } : role == NodeRoles.Coordinator;
            return await RunAsync(context, node, place, job, queuesAgain, cancel);
        });
        return command;
    }

    // A node that was cut off leaves the cluster and joins it again, as often as it takes.
    private static async Task<int> RunAsync(
        VerbContext context, NodeOptions node, Workspace workspace, JobOptions job, bool queuesAgain, CancellationToken cancel)
    {
        while (true)
        {
            var end = await NodeRun.RunAsync(node, workspace, job, Emit, context.Interruption.CheckpointFirst, cancel);
            if (end.Why is not null)
            {
                await context.Error.WriteLineAsync($"ism: {node.NodeId} {(end.JoinsAgain ? "joins again" : "ended")}: {end.Why}");
            }

            if (!end.JoinsAgain)
            {
                if (queuesAgain && context.Interruption.CheckpointFirst.IsCancellationRequested
                    && await SlurmRequeue.TryAsync(cancel) is { } queued)
                {
                    await context.Error.WriteLineAsync($"ism: {queued}");
                }

                return end.Failed ? ExitCode.Failed : ExitCode.Success;
            }
        }

        void Emit(RunEvent @event)
        {
            lock (context)
            {
                context.Output.WriteLine(@event.ToLine());
                context.Output.Flush();
            }
        }
    }
}
