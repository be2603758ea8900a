using System.Text.Json;
using Ism.Protocol.Samples;
using Ism.Protocol.Wire;

namespace Ism.Protocol.Tests;

public class WireCodecTests
{
    public static TheoryData<Type> AllTypes() => WireMessages.AllTypes();

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Should_bring_every_message_back_as_it_was(Type type)
    {
        var message = WireMessages.Sample(type);

        var back = WireCodec.Decode(WireCodec.Encode(message), WireManifests.ManifestOf(type));

        Assert.IsType(type, back);
        // As JSON, because records compare arrays and dictionaries by reference.
        Assert.Equal(JsonSerializer.Serialize(message, type), JsonSerializer.Serialize(back, type));
    }

    [Fact]
    public void Should_list_every_message_of_the_assembly()
    {
        var declared = typeof(IWireMessage).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IWireMessage)));

        Assert.Empty(declared.Except(WireManifests.MessageTypes));
    }

    [Fact]
    public void Should_refuse_at_the_sender_what_the_transport_would_drop()
    {
        var fits = new SampleFrame(1, 0, true, new byte[WireCodec.FrameBytes]);
        var tooLarge = fits with { Payload = new byte[WireCodec.MaxBytes] };

        Assert.InRange(WireCodec.Encode(fits).Length, WireCodec.FrameBytes, WireCodec.MaxBytes);
        var refused = Assert.Throws<WireException>(() => WireCodec.Encode(tooLarge));
        Assert.Contains("SampleFrame", refused.Message);
        Assert.Contains("120,000", refused.Message);
    }

    [Fact]
    public void Should_refuse_unknown_manifests_and_broken_bytes()
    {
        Assert.Throws<WireException>(() => WireCodec.Decode(new byte[] { 1 }, "System.Object, mscorlib"));
        Assert.Throws<WireException>(() => WireCodec.Decode(new byte[] { 0xc1, 0xff }, "chunk.lease"));
        Assert.Throws<WireException>(() => WireCodec.Encode("text"));
    }
}
