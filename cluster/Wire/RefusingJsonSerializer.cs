using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Ism.Protocol.Wire;

namespace Ism.Cluster.Wire;

/// <summary>
/// Stands under the alias and identifier (1) of Akka's JSON serializer and refuses both ways, so that nothing is ever built from a
/// type name in a message. What lands here is a message without an entry in <see cref="WireManifests"/>.
/// </summary>
public sealed class RefusingJsonSerializer : Serializer
{
    /// <summary>The constructor that Akka looks for.</summary>
    public RefusingJsonSerializer(ExtendedActorSystem system, Config config)
        : base(system)
    {
        _ = config;
    }

    /// <inheritdoc/>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new WireException($"{obj.GetType().FullName} has no wire format; it must be listed in {nameof(WireManifests)}");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new WireException($"refused {bytes.Length} bytes of JSON with type names; no ISM node sends such messages");
}
