using MessagePack;

namespace Ism.Protocol.Wire;

/// <summary>Messages to bytes and back: MessagePack with integer keys, the type named by a manifest, never by the bytes.</summary>
public static class WireCodec
{
    /// <summary>
    /// Largest encoded message in bytes. The transport drops frames of 128,000 bytes and more without an error at the receiver, so
    /// the sender refuses first; the rest is for envelopes (sharding, addresses).
    /// </summary>
    public const int MaxBytes = 120_000;

    /// <summary>Largest bulk payload in one frame; what is longer is split and pulled with credits.</summary>
    public const int FrameBytes = 60 * 1024;

    private static readonly MessagePackSerializerOptions Options =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);

    /// <summary>Encodes a message of the vocabulary.</summary>
    /// <exception cref="WireException">The type is unknown or the result exceeds <see cref="MaxBytes"/>.</exception>
    public static byte[] Encode(object message)
    {
        var type = message.GetType();
        var manifest = WireManifests.ManifestOf(type);
        var bytes = MessagePackSerializer.Serialize(type, message, Options);
        return bytes.Length <= MaxBytes
            ? bytes
            : throw new WireException($"{manifest} ({type.Name}) takes {bytes.Length:N0} bytes, over the limit of {MaxBytes:N0}; "
                + "send bulk data in frames or as a file");
    }

    /// <summary>Decodes the message that <paramref name="manifest"/> names.</summary>
    /// <exception cref="WireException">Unknown manifest, or bytes that are no such message.</exception>
    public static object Decode(ReadOnlyMemory<byte> bytes, string manifest)
    {
        var type = WireManifests.TypeOf(manifest);
        try
        {
            return MessagePackSerializer.Deserialize(type, bytes, Options)
                ?? throw new WireException($"{manifest}: {bytes.Length} bytes decode to nothing");
        }
        catch (MessagePackSerializationException e)
        {
            throw new WireException($"{manifest}: {bytes.Length} bytes are not a {type.Name}", e);
        }
    }
}
