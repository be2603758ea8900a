using Akka.Actor;
using Akka.Cluster.Sharding;
using Ism.Cluster.Hosting;
using Ism.Protocol.Chunks;

namespace Ism.Cluster.Sharding;

/// <summary>The shard region of chunk entities: hosted by featurizers, reached by every node through a proxy.</summary>
public static class ChunkRegion
{
    /// <summary>Name of the sharded entity type.</summary>
    public const string TypeName = "chunk";

    /// <summary>Shards: about ten for each of the most featurizers expected; fixed for the life of a cluster.</summary>
    public const int Shards = 640;

    /// <summary>Hosts entities on this featurizer. <paramref name="entity"/> makes the props of the entity of an id.</summary>
    public static IActorRef Host(ActorSystem system, Func<string, Props> entity) => ClusterSharding.Get(system).Start(
        TypeName, entity, ClusterShardingSettings.Create(system).WithRole(NodeRoles.Featurizer), new ChunkExtractor());

    /// <summary>Reaches entities from a node that hosts none.</summary>
    public static IActorRef Proxy(ActorSystem system) =>
        ClusterSharding.Get(system).StartProxy(TypeName, NodeRoles.Featurizer, new ChunkExtractor());

    private sealed class ChunkExtractor() : HashCodeMessageExtractor(Shards)
    {
        public override string? EntityId(object message) => (message as IChunkMessage)?.Key.EntityId;
    }
}
