using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>Compute threads that a node of a role has, and how many such nodes can be measured at once.</summary>
/// <param name="Threads">Of one node.</param>
/// <param name="AtOnce">Nodes measured beside each other; more would only take turns on the same cores.</param>
public readonly record struct NodeThreads(int Threads, int AtOnce)
{
    /// <summary>Of featurizers.</summary>
    public static NodeThreads OfFeaturizers(ClusterOptions cluster, bool apart, int cores) =>
        Of(cluster.ThreadsPerFeaturizer, cluster.Featurizers, apart, cores);

    /// <summary>Of trainers.</summary>
    public static NodeThreads OfTrainers(ClusterOptions cluster, bool apart, int cores) =>
        Of(cluster.ThreadsPerTrainer, cluster.Trainers, apart, cores);

    // On one machine as LocalCluster shares its cores out; a node with a machine of its own has all of them.
    private static NodeThreads Of(int threads, int nodes, bool apart, int cores)
    {
        var each = threads > 0 ? threads : apart ? cores : Math.Max(1, cores / nodes);
        return new NodeThreads(each, apart ? 1 : Math.Clamp(cores / each, 1, nodes));
    }
}
