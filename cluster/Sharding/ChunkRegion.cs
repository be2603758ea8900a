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

    /// <summary>Shards: two or three for each of the most featurizers expected, which is enough for serving, a matter of the disk's cache and the
    /// network; fixed for the life of a cluster. Each allocation replicates the list of all, so twice as many cost four times as much.</summary>
    public const int Shards = 512;

    // Longer than it takes to declare the oldest featurizer dead and to start the shards' coordinator on the next one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly ChunkExtractor Extractor = new(Shards);

    /// <summary>Hosts entities on this featurizer. <paramref name="entity"/> makes the props of the entity of an id.</summary>
    public static IActorRef Host(ActorSystem system, Func<string, Props> entity)
    {
        var sharding = ClusterSharding.Get(system);
        var settings = ClusterShardingSettings.Create(system).WithRole(NodeRoles.Featurizer);
        return Keep(
            system,
            "chunk-host",
            // With a host its entities end, and what they have under way: it is given twice the time.
            Patience * 2,
            () => sharding.Start(
                TypeName, entity, settings, Extractor, new ShardPlacement(sharding.DefaultShardAllocationStrategy(settings)), PoisonPill.Instance));
    }

    /// <summary>Reaches entities from a node that hosts none.</summary>
    public static IActorRef Proxy(ActorSystem system) => Proxy(system, Patience);

    /// <summary>As <see cref="Proxy(ActorSystem)"/>, with a patience of one's own.</summary>
    internal static IActorRef Proxy(ActorSystem system, TimeSpan patience) => Keep(
        system,
        "chunks",
        patience,
        () => ClusterSharding.Get(system).StartProxy(TypeName, NodeRoles.Featurizer, Extractor));

    private static IActorRef Keep(ActorSystem system, string name, TimeSpan patience, Func<IActorRef> start) =>
        system.ActorOf(Props.Create(() => new RegionKeeper(start, patience)), name);

    /// <summary>The shard of a chunk, 0 to <see cref="Shards"/> - 1.</summary>
    public static int ShardOf(ChunkKey key) => Extractor.ShardOf(key.Catalogue, key.Chunk);
}
