using System.CommandLine;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Metrics;
using Ism.Featurizer.Metrics;
using Ism.GpuTrainer.Metrics;

namespace Ism.Cli.Verbs;

/// <summary>Starts metrics and traces of a node as its command line and environment have them.</summary>
internal static class MetricsHost
{
    /// <summary>Variable that stands for the option; children of `ism run` and `ism serve` inherit it.</summary>
    public const string Variable = "ISM_METRICS";

    private const string Off = "off";

    /// <summary>The option of every node.</summary>
    public static Option<string> Option() => new("--metrics")
    {
        Description = $"Where Prometheus reads this node's metrics; port 0 takes a free one, left in cluster/metrics of the folder ({Variable})",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : Off,
    };

    /// <summary>Starts them.</summary>
    /// <param name="listen">"HOST:PORT" or "off".</param>
    /// <param name="node">The node.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="UsageException">The address cannot be used.</exception>
    public static async Task<NodeTelemetry> StartAsync(string listen, NodeOptions node, CancellationToken cancel)
    {
        var endpoint = listen == Off ? null : Inputs.Endpoint("--metrics", listen, "127.0.0.1:9464", Off);
        Declare(node.Role);
        try
        {
            return await NodeTelemetry.StartAsync(node, endpoint, cancel);
        }
        catch (IOException e)
        {
            throw new UsageException($"--metrics {listen}: {(e.InnerException ?? e).Message}; name another port, or 0 for a free one");
        }
    }

    // All of the role's instruments are there from the start, also those that have nothing to tell yet.
    private static void Declare(string role)
    {
        switch (role)
        {
            case NodeRoles.Coordinator:
                CoordinatorMetrics.Begin();
                break;
            case NodeRoles.Featurizer:
                FeaturizerMetrics.Begin();
                break;
            default:
                TrainerMetrics.Begin();
                break;
        }
    }
}
