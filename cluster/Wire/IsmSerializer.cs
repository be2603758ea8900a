using Akka.Actor;
using Akka.Serialization;
using Ism.Protocol.Wire;

namespace Ism.Cluster.Wire;

/// <summary>Akka's door to <see cref="WireCodec"/>: MessagePack with explicit manifests, for messages and for the journal.</summary>
public sealed class IsmSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => 4201;

    /// <inheritdoc/>
    public override string Manifest(object o) => WireManifests.ManifestOf(o.GetType());

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => WireCodec.Encode(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => WireCodec.Decode(bytes, manifest);
}
