using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Ism.Cluster.Logging;
using Ism.Cluster.Membership;
using Ism.Cluster.Security;
using Ism.Cluster.Telemetry;
using Ism.Cluster.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Ism.Cluster.Hosting;

/// <summary>Makes the process one node of the cluster: actor system, serializers checked, joined, stopped politely on SIGTERM.</summary>
public static class NodeHost
{
    /// <summary>How long leaving the cluster may take before the process ends all the same.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Builds the host of a node.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="start">Runs once the node is a member of the cluster and makes the role's actors.</param>
    /// <param name="leaves">Told when the node leaves of itself: why (it was cut off; join again), or null when the job is over.</param>
    /// <param name="cancel">Gives up joining.</param>
    public static IHost Build(NodeOptions node, Action<ActorSystem> start, Action<string?> leaves, CancellationToken cancel)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        NodeLogging.Add(builder.Logging, node).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        var ssl = node.Tls is { } tls ? AkkaTls.Setup(tls) : null;
        builder.Services.AddAkka(NodeOptions.SystemName, (akka, services) => (ssl is null ? akka : akka.AddSetup(ssl))
            .AddSetup(new ActorLogSetup(services.GetRequiredService<ILoggerFactory>()))
            .ConfigureLoggers(l =>
            {
                l.ClearLoggers();
                l.AddLogger<ActorLog>();
            })
            .AddHocon(NodeHocon.For(node), HoconAddMode.Prepend)
            .AddStartup(async (system, _) =>
            {
                try
                {
                    if (await JoinAsync(system, node, leaves, cancel))
                    {
                        var cluster = Akka.Cluster.Cluster.Get(system);
                        NodeMetrics.Joined(cluster);
                        NodeHealth.Current.Joined(() => cluster.SelfMember.Status);
                        system.RegisterOnTermination(() => NodeMetrics.Joined(null));
                        system.RegisterOnTermination(NodeHealth.Current.Left);
                        start(system);
                    }
                    else
                    {
                        leaves("the others declared it dead before they had taken it in");
                    }
                }
                catch (OperationCanceledException) when (cancel.IsCancellationRequested)
                {
                    system.Log.Info("{0} was asked to leave before it was taken in", node.NodeId);
                }
            }));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        return builder.Build();
    }

    /// <summary>Makes an actor system a member; false when the others gave it up before they had taken it in.</summary>
    internal static async Task<bool> JoinAsync(ActorSystem system, NodeOptions node, Action<string?> leaves, CancellationToken cancel)
    {
        SerializerSelfTest.Run(system);
        PoliteLeave.Arrange(system);
        system.ActorOf(Props.Create(() => new MembershipActor(node, leaves)), MembershipActor.ActorName);
        var joined = await ClusterJoin.RunAsync(system, node, cancel);
        if (joined)
        {
            system.Log.Info("{0} joined the cluster at {1}", node.NodeId, Akka.Cluster.Cluster.Get(system).SelfAddress);
        }

        return joined;
    }
}
