using Akka.Actor;

namespace Ism.Cluster.Sharding;

/// <summary>The lease holders of featurizers: one on each, under a name that is the same everywhere.</summary>
public static class LeaseHolders
{
    /// <summary>Name of the actor.</summary>
    public const string ActorName = "leases";

    /// <summary>Finds the lease holder of the featurizer at an address.</summary>
    public static Func<string, ICanTell> Of(ActorSystem system) => address => system.ActorSelection($"{address}/user/{ActorName}");
}
