using System.Diagnostics.Metrics;
using Akka.Cluster;
using Ism.Cluster.Hosting;

namespace Ism.Cluster.Telemetry;

/// <summary>What every node tells of itself.</summary>
public static class NodeMetrics
{
    private static readonly string Version = typeof(NodeMetrics).Assembly.GetName().Version!.ToString(3);
    private static NodeOptions? _node;
    private static Akka.Cluster.Cluster? _cluster;

    static NodeMetrics()
    {
        Instruments.Gauge("ism.node.info", "", "Always 1; the labels say which node this is.", () => _node is { } node
            ? [new Measurement<double>(1, new("node", node.NodeId), new("role", node.Role), new("version", Version))]
            : []);
        Instruments.Gauge(
            "ism.node.memory.resident", Instruments.Bytes, "Resident memory of the process.", () => Environment.WorkingSet);
        Instruments.Gauge(
            "ism.node.memory.managed", Instruments.Bytes, "Memory of the garbage collector's heap; tensors are not in it.",
            () => GC.GetTotalMemory(forceFullCollection: false));
        Instruments.Meter.CreateObservableCounter(
            "ism.node.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, Instruments.Seconds, "Processor time of the process.");
        Instruments.Gauge("ism.cluster.members", "", "Members of the cluster as this node sees them, by role.", MembersByRole);
        Instruments.Gauge(
            "ism.cluster.unreachable", "", "Members that this node's cluster cannot reach.", () => _cluster?.State.Unreachable.Count);
    }

    /// <summary>The process is this node from now on.</summary>
    public static void Is(NodeOptions node) => _node = node;

    /// <summary>The cluster that it is a member of; null: of none.</summary>
    public static void Joined(Akka.Cluster.Cluster? cluster) => _cluster = cluster;

    private static List<Measurement<double>> MembersByRole()
    {
        if (_cluster is not { } cluster)
        {
            return [];
        }

        var up = cluster.State.Members.Where(m => m.Status is MemberStatus.Up or MemberStatus.WeaklyUp).ToList();
        return [.. new[] { NodeRoles.Coordinator, NodeRoles.Featurizer, NodeRoles.Trainer }
            .Select(role => new Measurement<double>(up.Count(m => m.HasRole(role)), new KeyValuePair<string, object?>("role", role)))];
    }
}
