using Akka.Actor;
using Ism.Cli.Processes;
using Ism.Cluster.Hosting;
using Ism.Cluster.Security;
using Ism.Coordinator;
using Ism.Coordinator.Api;
using Ism.Featurizer;
using Ism.GpuTrainer;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>How a node's membership of a cluster ended.</summary>
/// <param name="JoinsAgain">It was cut off or declared dead, and is to join again.</param>
/// <param name="Failed">The job it drove failed.</param>
/// <param name="Why">For a person; null when there is nothing to say.</param>
internal sealed record NodeEnd(bool JoinsAgain, bool Failed, string? Why);

/// <summary>One membership of a node: from joining until the job is over, the node is asked to leave, or the others have given it up.
/// </summary>
internal static class NodeRun
{
    private static readonly NodeEnd GivenUp = new(true, false, "the others declared it dead");

    // Batch systems warn a minute or two before they kill.
    internal static readonly TimeSpan CheckpointPatience = TimeSpan.FromSeconds(90);

    // A step is not broken off in the middle of a product.
    internal static readonly TimeSpan StepInFlight = TimeSpan.FromSeconds(10);

    /// <summary>Runs it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="workspace">The job's files.</param>
    /// <param name="job">The job.</param>
    /// <param name="emit">Takes a coordinator's progress events.</param>
    /// <param name="checkpointFirst">Asks the node to leave once a checkpoint is written.</param>
    /// <param name="cancel">Asks the node to leave.</param>
    /// <param name="door">A coordinator's API's way to the job; null where there is none.</param>
    /// <param name="beside">What a coordinator starts beside the job in its actor system; null for nothing.</param>
    /// <exception cref="TimeoutException">No cluster was found or reached in time.</exception>
    public static async Task<NodeEnd> RunAsync(
        NodeOptions node,
        Workspace workspace,
        JobOptions job,
        Action<RunEvent> emit,
        CancellationToken checkpointFirst,
        CancellationToken cancel,
        JobDoor? door = null,
        Action<ActorSystem>? beside = null)
    {
        ActorSystem? member = null;
        var ended = new TaskCompletionSource<NodeEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var isolation = new ChildIsolation(workspace.Root);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var host = NodeHost.Build(node, Start, Leaves, cancel);
        try
        {
            await host.StartAsync(cancel);
            _ = RenewAsync(node, ended, over.Token);
            var end = await ended.Task.WaitAsync(checkpointFirst).WaitAsync(cancel);
            cancel.ThrowIfCancellationRequested();
            return end;
        }
        catch (OperationCanceledException) when (checkpointFirst.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            var kept = member is null ? "not yet a member" : await KeepAsync(member, node, cancel);
            return new NodeEnd(false, false, $"asked to leave after a checkpoint: {kept}");
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to leave: politely, which is no failure of a node.
            return new NodeEnd(false, false, null);
        }
        finally
        {
            await over.CancelAsync();
            if (member is not null)
            {
                door?.Close(member);
            }

            await host.StopAsync(CancellationToken.None);
            if (!TrainerThread.AwaitEnd(StepInFlight))
            {
                Console.Error.WriteLine($"{node.NodeId} ends while a step still computes after {StepInFlight.TotalSeconds:F0} s");
            }
        }

        void Start(ActorSystem system)
        {
            member = system;
            // A node that the others have given up (cut off, frozen) ends its actor system.
            system.WhenTerminated.ContinueWith(_ => ended.TrySetResult(GivenUp), TaskScheduler.Default);
            switch (node.Role)
            {
                case NodeRoles.Coordinator:
                    CoordinatorNode.Start(system, workspace, job, emit, error => ended.TrySetResult(new NodeEnd(false, error is not null, null)), door);
                    beside?.Invoke(system);
                    break;
                case NodeRoles.Featurizer:
                    FeaturizerNode.Start(system, workspace, job, isolation, node.NodeId);
                    break;
                default:
                    TrainerNode.Start(system, node, workspace, job);
                    break;
            }
        }

        void Leaves(string? why) => ended.TrySetResult(new NodeEnd(why is not null, false, why));
    }

    private static async Task RenewAsync(NodeOptions node, TaskCompletionSource<NodeEnd> ended, CancellationToken over)
    {
        try
        {
            if (node.Tls is { } tls)
            {
                ended.TrySetResult(new NodeEnd(true, false, await CertificateRenewal.WaitAsync(tls, node.NodeId, over)));
            }
        }
        catch (OperationCanceledException)
        {
            // This membership has ended before its certificate.
        }
    }

    // Every role asks: whoever is told first, the others find it under way.
    private static async Task<string> KeepAsync(ActorSystem system, NodeOptions node, CancellationToken cancel)
    {
        try
        {
            var command = new JobCommand(JobCommandKind.Checkpoint, "", 0, node.NodeId);
            return (await JobSingleton.Proxy(system).Ask<JobAnswer>(command, CheckpointPatience, cancel)).Message;
        }
        catch (Exception e) when (e is AskTimeoutException or OperationCanceledException)
        {
            return $"no checkpoint was written: no answer within {CheckpointPatience.TotalSeconds:F0} s";
        }
    }
}
