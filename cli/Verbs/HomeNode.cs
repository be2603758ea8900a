using System.Diagnostics;
using Akka.Actor;
using Ism.Cluster.Home;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;
using Microsoft.Extensions.Logging;

namespace Ism.Cli.Verbs;

/// <summary>A node of a standing cluster: it takes part in the current job of a home, and when that is over in the next.</summary>
/// <param name="context">The verb.</param>
/// <param name="home">The home.</param>
/// <param name="node">The node; its workspace is that of the job.</param>
/// <param name="door">The API's way to the job; null where this node serves none.</param>
/// <param name="beside">What a coordinator starts beside each job; null for nothing.</param>
/// <param name="untilIdle">The node ends when no job has been there for so long; null: never.</param>
internal sealed class HomeNode(
    VerbContext context, JobHome home, NodeOptions node, JobDoor? door, Action<ActorSystem>? beside = null, TimeSpan? untilIdle = null)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Members learn that a job is over from each other within seconds; who was still joining does not.
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(20);

    /// <summary>Runs until the node is asked to leave.</summary>
    public async Task<int> RunAsync(Action<RunEvent> emit, CancellationToken cancel)
    {
        var waits = false;
        var idle = Stopwatch.StartNew();
        while (!cancel.IsCancellationRequested && !context.Interruption.CheckpointFirst.IsCancellationRequested)
        {
            var job = Look();
            if (job is null)
            {
                if (!waits)
                {
                    emit(RunEvent.Now(RunEventKind.Note, message: $"{node.NodeId} waits for a job in {home.Folder}"));
                    waits = true;
                    idle.Restart();
                    NodeHealth.Current.Waits("waits for a job");
                }

                if (idle.Elapsed > untilIdle)
                {
                    emit(RunEvent.Now(RunEventKind.Note, message: $"{node.NodeId} ends: no job for {untilIdle.Value.TotalSeconds:F0} s"));
                    return ExitCode.Success;
                }

                await Pause(cancel);
                continue;
            }

            waits = false;
            NodeHealth.Current.Waits(null);
            await TakePartAsync(job, emit, cancel);
        }

        return ExitCode.Success;
    }

    private async Task TakePartAsync(HomeJob job, Action<RunEvent> emit, CancellationToken cancel)
    {
        var workspace = new Workspace(job.Workspace);
        if (Read(job, workspace) is not { } options)
        {
            await Pause(cancel);
            return;
        }

        if (node.Role == NodeRoles.Coordinator)
        {
            emit(RunEvent.Now(RunEventKind.Started, message: job.Id));
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watch = EndWithJobAsync(job, over);
        var member = node with { Workspace = workspace.Root, KeepsEnd = true, Journal = options.Cluster.Journal };
        try
        {
            var end = await NodeRun.RunAsync(member, workspace, options, emit, context.Interruption.CheckpointFirst, over.Token, door, beside);
            if (end.Why is not null)
            {
                NodeVerb.Say(context, member, LogLevel.Warning, $"{node.NodeId} {(end.JoinsAgain ? "joins again" : "ended")}: {end.Why}");
            }
        }
        catch (TimeoutException e)
        {
            NodeVerb.Say(context, member, LogLevel.Warning, $"{node.NodeId} joins again: {e.Message}");
        }
        finally
        {
            await over.CancelAsync();
            await watch;
        }
    }

    private async Task EndWithJobAsync(HomeJob job, CancellationTokenSource over)
    {
        try
        {
            while (Look() is { } current && current.Number == job.Number)
            {
                await Task.Delay(LookEvery, over.Token);
            }

            await Task.Delay(LeaveWithin, over.Token);
            await over.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The node has left of itself.
        }
    }

    private HomeJob? Look()
    {
        try
        {
            return home.Current();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NodeVerb.Say(context, node, LogLevel.Warning, $"{node.NodeId} cannot read {home.Folder}: {e.Message}");
            return null;
        }
    }

    // A job that cannot be read must not hold up those behind it; one coordinator says so for all.
    private JobOptions? Read(HomeJob job, Workspace workspace)
    {
        try
        {
            return JournalVariable.Over(workspace.ReadJob());
        }
        catch (Exception e) when (e is IOException or InvalidDataException or System.Text.Json.JsonException)
        {
            NodeVerb.Say(context, node, LogLevel.Error, $"{job.Id} cannot be read: {e.Message}");
            if (node.Role == NodeRoles.Coordinator && e is not IOException)
            {
                EndedMarker.Write(workspace.Root, $"{workspace.At(Workspace.Job)} cannot be read: {e.Message}");
            }

            return null;
        }
    }

    private static Task Pause(CancellationToken cancel) =>
        Task.Delay(LookEvery, cancel).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
