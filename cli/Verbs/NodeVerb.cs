using System.CommandLine;
using Ism.Cli.Processes;
using Ism.Cluster.Hosting;
using Ism.Coordinator;
using Ism.Featurizer;
using Ism.GpuTrainer;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism node ROLE`: this process as one node of a cluster.</summary>
internal static class NodeVerb
{
    private const string Downed = "this node left the cluster, or was removed from it; start it again to join";

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
            Description = "Number among the nodes of this role, unique; without it, host name and process id tell them apart",
            HelpName = "N",
        };
        var host = new Option<string>("--host")
        {
            Description = "Name or address under which other nodes reach this one",
            HelpName = "HOST",
            DefaultValueFactory = _ => "127.0.0.1",
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
            var node = new NodeOptions
            {
                Role = role,
                NodeId = parsed.GetValue(number) is { } n ? $"{role}-{n}" : $"{role}-{Environment.MachineName}-{Environment.ProcessId}",
                Host = parsed.GetValue(host)!,
                Port = parsed.GetValue(port),
                Workspace = place.Root,
                Seeds = parsed.GetValue(seed) ?? [],
                Journal = job.Cluster.Journal,
            };
            return await RunAsync(context, node, place, job, cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(VerbContext context, NodeOptions node, Workspace workspace, JobOptions job, CancellationToken cancel)
    {
        // Set by the coordinator's job: a message when it failed, empty when it is complete.
        var ended = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var isolation = new ChildIsolation(workspace.Root);
        using var host = NodeHost.Build(node, system =>
        {
            // A node that the others have given up (cut off, its coordinator gone) ends its actor system; the process ends with it.
            system.WhenTerminated.ContinueWith(_ => ended.TrySetResult(Downed), TaskScheduler.Default);
            switch (node.Role)
            {
                case NodeRoles.Coordinator:
                    CoordinatorNode.Start(system, workspace, job, Emit, error => ended.TrySetResult(error));
                    break;
                case NodeRoles.Featurizer:
                    FeaturizerNode.Start(system, workspace, job, isolation, node.NodeId);
                    break;
                default:
                    TrainerNode.Start(system, node, workspace, job);
                    break;
            }
        });
        await host.StartAsync(cancel);
        try
        {
            var error = await ended.Task.WaitAsync(cancel);
            if (error == Downed)
            {
                await context.Error.WriteLineAsync($"ism: {Downed}");
            }

            return error is null ? ExitCode.Success : ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            // Asked to leave: politely, which is no failure of a node.
            return node.Role == NodeRoles.Coordinator ? ExitCode.Failed : ExitCode.Success;
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
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
