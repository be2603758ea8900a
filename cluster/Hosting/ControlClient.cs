using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Ism.Cluster.Membership;
using Ism.Cluster.Security;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Hosting;

/// <summary>Tells a running job something from outside the cluster: finds its coordinators in the workspace and asks one after the other.
/// </summary>
public static class ControlClient
{
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);

    // A command that was on its way to a coordinator that died is lost; all commands may be said twice.
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayAgainWhatTakesLong = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(0.5);

    /// <summary>Sends a command and returns the job's answer.</summary>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="command">What is wanted.</param>
    /// <param name="patience">How long an answer is waited for, over all coordinators: a job may be on its way to a standby.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="TimeoutException">No coordinator answered; names those asked.</exception>
    /// <exception cref="IOException">The cluster speaks TLS and there is no certificate to show; says where it is looked for.</exception>
    public static async Task<JobAnswer> AskAsync(string workspace, JobCommand command, TimeSpan patience, CancellationToken cancel)
    {
        var files = new MemberFiles(workspace);
        if (EndedMarker.TryRead(workspace) is { } over)
        {
            return new JobAnswer(false, $"the job has ended: {over.Error ?? "it is complete"}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(patience);
        var coordinators = await SomeCoordinatorsAsync(files, workspace, deadline.Token);
        cancel.ThrowIfCancellationRequested();
        var system = ActorSystem.Create(NodeOptions.SystemName, Setup(coordinators[0], TlsFolder.Find(workspace)));
        try
        {
            while (!deadline.IsCancellationRequested)
            {
                foreach (var coordinator in Coordinators(files))
                {
                    if (await TryAsync(system, coordinator, command, deadline.Token) is { } answer)
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

    // The only coordinator may just be on its way back: while other nodes are there, one is waited for.
    private static async Task<IReadOnlyList<string>> SomeCoordinatorsAsync(MemberFiles files, string workspace, CancellationToken deadline)
    {
        while (true)
        {
            var found = Coordinators(files);
            if (found.Count > 0)
            {
                return found;
            }

            if (files.All().Count == 0 || deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"no coordinator has left its address in {files.Folder}; does a job run in {workspace}?");
            }

            await Task.Delay(LookAgain, deadline).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static IReadOnlyList<string> Coordinators(MemberFiles files) =>
        [.. files.All().Where(m => m.Role == NodeRoles.Coordinator).Select(m => m.Address)];

    private static async Task<JobAnswer?> TryAsync(
        ActorSystem system, string coordinator, JobCommand command, CancellationToken cancel)
    {
        var patience = command.Kind == JobCommandKind.Checkpoint ? SayAgainWhatTakesLong : SayAgain;
        try
        {
            var path = $"{coordinator}/user/{ControlDoor.ActorName}";
            // First whether anyone is there: a checkpoint takes as long as the disk takes.
            var door = await system.ActorSelection(path).ResolveOne(Each, cancel);
            return await door.Ask<JobAnswer>(command, patience, cancel);
        }
        catch (Exception e) when (e is ActorNotFoundException or AskTimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    private static ActorSystemSetup Setup(string coordinator, TlsFolder? tls)
    {
        var isSecret = Address.Parse(coordinator).Protocol.Contains(".ssl.", StringComparison.Ordinal);
        if (isSecret && tls is null)
        {
            throw new IOException($"the nodes of this job speak TLS ({coordinator}): name the folder with the cluster's certificates with --tls ({TlsFolder.Variable})");
        }

        var configuration = BootstrapSetup.Create().WithConfig(
            (isSecret ? ConfigurationFactory.ParseString(AkkaTls.Hocon) : Config.Empty).WithFallback(Configuration(coordinator)));
        return isSecret ? ActorSystemSetup.Create(configuration, AkkaTls.Setup(tls!)) : ActorSystemSetup.Create(configuration);
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
