using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Wire;
using Ism.Protocol.Training;
using Ism.Protocol.Wire;

namespace Ism.Cluster.Tests;

public class SerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializers", ConfigurationFactory
        .ParseString("akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }").WithFallback(NodeHocon.Base()));

    private Akka.Serialization.Serialization Serialization => ((ExtendedActorSystem)_system).Serialization;

    [Fact]
    public void Should_pass_its_own_self_test() => SerializerSelfTest.Run(_system);

    [Fact]
    public void Should_refuse_to_write_types_outside_the_vocabulary()
    {
        var serializer = Serialization.FindSerializerFor(new Uri("http://example.org"));

        Assert.IsType<RefusingJsonSerializer>(serializer);
        Assert.Throws<WireException>(() => serializer.ToBinary(new Uri("http://example.org")));
    }

    [Fact]
    public void Should_refuse_to_read_what_claims_to_be_akkas_json()
    {
        var stamped = "{\"$type\":\"System.IO.FileInfo, System.Private.CoreLib\",\"fileName\":\"/etc/passwd\"}"u8.ToArray();

        var refused = Assert.ThrowsAny<Exception>(() => Serialization.Deserialize(stamped, 1, "System.IO.FileInfo"));
        Assert.True(refused is WireException || refused.InnerException is WireException, refused.ToString());
    }

    [Fact]
    public void Should_notice_that_the_stock_serializer_was_put_back()
    {
        using var system = ActorSystem.Create("undone", ConfigurationFactory.ParseString(
            "akka.actor.serializers.json = \"Akka.Serialization.NewtonSoftJsonSerializer, Akka\"\n"
            + "akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }").WithFallback(NodeHocon.Base()));

        Assert.Throws<InvalidOperationException>(() => SerializerSelfTest.Run(system));
    }

    [Fact]
    public void Should_send_messages_of_the_vocabulary_under_their_manifest()
    {
        var serializer = Assert.IsType<IsmSerializer>(Serialization.FindSerializerFor(new TrainerRegistered("t")));

        Assert.Equal("group.registered", serializer.Manifest(new TrainerRegistered("t")));
    }

    public void Dispose()
    {
        _system.Dispose();
        GC.SuppressFinalize(this);
    }
}
