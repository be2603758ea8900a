using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Ism.Cluster.Tests.Partitions;

/// <summary>Counts itself among the living singletons of a cluster.</summary>
internal sealed class CountedSingleton(ConcurrentDictionary<Guid, string> living, string node) : ReceiveActor
{
    private readonly Guid _id = Guid.NewGuid();

    protected override void PreStart() => living[_id] = node;

    protected override void PostStop() => living.TryRemove(_id, out _);
}

/// <summary>A sharded entity that says where it is.</summary>
internal sealed class Echo : ReceiveActor
{
    public Echo(string node) => ReceiveAny(_ => Sender.Tell(node));
}

/// <summary>Entities by the text sent.</summary>
internal sealed class EchoExtractor() : HashCodeMessageExtractor(10)
{
    public override string? EntityId(object message) => message as string;
}
