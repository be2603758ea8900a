using Akka.Actor;
using Ism.Cluster.Sharding;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Serving;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer;

/// <summary>Makes a node a featurizer: hosts chunk entities over one compute and one serving thread.</summary>
public static class FeaturizerNode
{
    /// <summary>Starts the shard region.</summary>
    public static void Start(ActorSystem system, Workspace workspace, JobOptions job)
    {
        var context = new FeaturizerContext(workspace, job);
        var worker = new ChunkWorker(context);
        var server = new SampleServer(context);
        ChunkRegion.Host(system, _ => ChunkEntity.Props(context, worker, server));
        system.RegisterOnTermination(context.Dispose);
    }
}
