using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Ism.Cluster.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Ism.Cluster.Hosting;

/// <summary>Makes the process one node of the cluster: actor system, serializers checked, joined, stopped politely on SIGTERM.</summary>
public static class NodeHost
{
    /// <summary>
    /// Builds the host of a node. <paramref name="start"/> runs once the node is a member of the cluster and makes the role's actors.
    /// </summary>
    public static IHost Build(NodeOptions node, Action<ActorSystem> start)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { Args = [] });
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.TimestampFormat = "HH:mm:ss.fff ";
            o.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        // Standard output belongs to the events of a job; logs go to standard error.
        builder.Services.Configure<ConsoleLoggerOptions>(
            o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddAkka(NodeOptions.SystemName, akka => akka
            .ConfigureLoggers(l =>
            {
                l.ClearLoggers();
                l.AddLoggerFactory();
            })
            .AddHocon(NodeHocon.For(node), HoconAddMode.Prepend)
            .AddStartup(async (system, _) =>
            {
                SerializerSelfTest.Run(system);
                await JoinAsync(system, node);
                start(system);
            }));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        return builder.Build();
    }

    /// <summary>Joins the cluster: a coordinator without given seeds founds one, the others look for its address.</summary>
    /// <exception cref="TimeoutException">No coordinator was found or reached in time; says where was looked.</exception>
    public static async Task JoinAsync(ActorSystem system, NodeOptions node)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var seeds = node.Seeds.Select(s => Address.Parse($"akka.tcp://{NodeOptions.SystemName}@{s}")).ToList();
        if (seeds.Count == 0 && node.Role == NodeRoles.Coordinator)
        {
            seeds.Add(cluster.SelfAddress);
        }

        using var deadline = new CancellationTokenSource(node.JoinTimeout);
        try
        {
            while (seeds.Count == 0)
            {
                if (SeedFile.TryRead(node.Workspace) is { } address)
                {
                    seeds.Add(address);
                    break;
                }

                await Task.Delay(100, deadline.Token);
            }

            await cluster.JoinSeedNodesAsync(seeds, deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            var where = seeds.Count > 0 ? string.Join(", ", seeds) : SeedFile.PathIn(node.Workspace);
            throw new TimeoutException($"{node.NodeId} waited {node.JoinTimeout.TotalSeconds:F0} s for a coordinator at {where}; "
                + "is one running, and does every node reach that place?", e);
        }

        if (node.Role == NodeRoles.Coordinator && node.Seeds.Count == 0)
        {
            SeedFile.Write(node.Workspace, cluster.SelfAddress);
        }

        system.Log.Info("{0} joined the cluster at {1}", node.NodeId, cluster.SelfAddress);
    }
}
