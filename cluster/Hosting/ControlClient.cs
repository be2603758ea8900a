using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Membership;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Hosting;

/// <summary>Tells a running job something from outside the cluster: finds its coordinators in the workspace and asks one after the other.
/// </summary>
public static class ControlClient
{
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);

    /// <summary>Sends a command and returns the job's answer.</summary>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="command">What is wanted.</param>
    /// <param name="patience">How long an answer is waited for, over all coordinators: a job may be on its way to a standby.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="TimeoutException">No coordinator answered; names those asked.</exception>
    public static async Task<JobAnswer> AskAsync(string workspace, JobCommand command, TimeSpan patience, CancellationToken cancel)
    {
        var files = new MemberFiles(workspace);
        if (EndedMarker.TryRead(workspace) is { } over)
        {
            return new JobAnswer(false, $"the job has ended: {over.Error ?? "it is complete"}");
        }

        var coordinators = Coordinators(files);
        if (coordinators.Count == 0)
        {
            throw new TimeoutException($"no coordinator has left its address in {files.Folder}; does a job run in {workspace}?");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(patience);
        var system = ActorSystem.Create(NodeOptions.SystemName, Configuration(coordinators[0]));
        try
        {
            while (!deadline.IsCancellationRequested)
            {
                foreach (var coordinator in Coordinators(files))
                {
                    if (await TryAsync(system, coordinator, command, patience, deadline.Token) is { } answer)
                    {
                        return answer;
                    }
                }
            }

            cancel.ThrowIfCancellationRequested();
            throw new TimeoutException($"no answer within {patience.TotalSeconds:F0} s from {string.Join(", ", coordinators)}; is a coordinator alive?");
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static IReadOnlyList<string> Coordinators(MemberFiles files) =>
        [.. files.All().Where(m => m.Role == NodeRoles.Coordinator).Select(m => m.Address)];

    private static async Task<JobAnswer?> TryAsync(
        ActorSystem system, string coordinator, JobCommand command, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            var path = $"{coordinator}/user/{ControlDoor.ActorName}";
            // First whether anyone is there: a command itself may take long, a checkpoint as long as the disk takes.
            var door = await system.ActorSelection(path).ResolveOne(Each, cancel);
            return await door.Ask<JobAnswer>(command, patience, cancel);
        }
        catch (Exception e) when (e is ActorNotFoundException or AskTimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    // Answers come back to the address under which this machine reaches the coordinator.
    private static Config Configuration(string coordinator)
    {
        var to = Address.Parse(coordinator);
        var addresses = Dns.GetHostAddresses(to.Host);
        using var probe = new Socket(addresses[0].AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(addresses[0], to.Port ?? 1);
        var own = ((IPEndPoint)probe.LocalEndPoint!).Address;
        return ConfigurationFactory.ParseString($$"""
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "{{own}}", port = 0 }
            akka.loglevel = OFF
            """).WithFallback(NodeHocon.Base());
    }
}
