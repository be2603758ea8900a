using Akka.Actor;
using Ism.Protocol.Training;
using Ism.Protocol.Wire;

namespace Ism.Cluster.Wire;

/// <summary>Run at the start of every node: shows that messages take our format and that JSON with type names is refused both ways.
/// A configuration file could undo either without a sign.</summary>
public static class SerializerSelfTest
{
    /// <summary>Checks a started system.</summary>
    /// <exception cref="InvalidOperationException">The serializers are not the ones this program needs; says which and why.</exception>
    public static void Run(ActorSystem system)
    {
        var serialization = ((ExtendedActorSystem)system).Serialization;
        var probe = new TrainerRegistered("self-test");
        if (serialization.FindSerializerFor(probe) is not IsmSerializer ours)
        {
            throw new InvalidOperationException($"messages are bound to {serialization.FindSerializerFor(probe).GetType().FullName}, "
                + $"not to {nameof(IsmSerializer)}; remove overrides of akka.actor.serialization-bindings");
        }

        if (!ours.FromBinary(ours.ToBinary(probe), ours.Manifest(probe)).Equals(probe))
        {
            throw new InvalidOperationException("a message did not survive its own wire format");
        }

        Refuses(() => serialization.Serialize(new NotAMessage()), "writing an unlisted type");
        Refuses(() => serialization.Deserialize("{\"$type\":\"System.Object\"}"u8.ToArray(), 1, ""), "reading JSON with a type name");
    }

    private static void Refuses(Action action, string what)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is WireException or System.Runtime.Serialization.SerializationException)
        {
            return;
        }

        throw new InvalidOperationException($"{what} was not refused; remove overrides of akka.actor.serializers");
    }

    private sealed class NotAMessage;
}
