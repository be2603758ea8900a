using System.Net.Security;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Cluster.Security;

namespace Ism.Cluster.Tests.Security;

/// <summary>Actor systems of this process over real connections: who is heard, and who is not.</summary>
public sealed class AkkaTlsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // A message that is not taken makes no sound: this is how long its answer is waited for.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private readonly Certificates _made = new();
    private readonly List<ActorSystem> _systems = [];
    private ActorSystem _node = null!;

    public Task InitializeAsync()
    {
        _node = System(_made.Folder("node"));
        _node.ActorOf(Props.Create(() => new Echo()), "echo");
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Should_hear_a_node_of_the_same_authority()
    {
        Assert.Equal("akka.ssl.tcp", AddressOf(_node).Protocol);
        Assert.Equal("hello", await AskAsync(System(_made.Folder("other")), Patience));
    }

    [Fact]
    public async Task Should_not_hear_a_node_of_another_authority() =>
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(System(_made.Folder("stranger", "other")), Silence));

    [Fact]
    public async Task Should_not_hear_a_node_without_TLS() =>
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(System(null), Silence));

    [Fact]
    public async Task Should_not_hear_who_trusts_everything_and_has_no_certificate_of_this_authority()
    {
        var forged = _made.Folder("forged", "other");
        // Trusts the cluster's authority, but cannot show a certificate of it.
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(System(forged, trusts: true), Silence));
    }

    [Fact]
    public async Task Should_close_on_who_shows_no_certificate_or_speaks_something_else_and_live_on()
    {
        var address = AddressOf(_node);
        using (var plain = new TcpClient(address.Host!, address.Port!.Value))
        {
            await plain.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: here\r\n\r\n"u8.ToArray());
            Assert.Equal(0, await ReadToEndAsync(plain.GetStream()));
        }

        using (var bare = new TcpClient(address.Host!, address.Port!.Value))
        {
            await using var stream = new SslStream(bare.GetStream());
            try
            {
                await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = address.Host,
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                });
                Assert.Equal(0, await ReadToEndAsync(stream));
            }
            catch (Exception e) when (e is IOException or global::System.Security.Authentication.AuthenticationException)
            {
                // In TLS 1.3 the refusal comes after the client's part of the handshake.
            }
        }

        Assert.Equal("hello", await AskAsync(System(_made.Folder("other")), Patience));
    }

    [Fact]
    public async Task Should_hear_nodes_with_a_new_authority_once_both_are_trusted()
    {
        var folder = _made.Folder("rotating");
        var rotating = System(folder);
        rotating.ActorOf(Props.Create(() => new Echo()), "echo");
        var newcomer = _made.Folder("newcomer", "next");
        foreach (var both in (TlsFolder[])[folder, newcomer])
        {
            File.WriteAllText(both.AuthorityPath, $"{_made.Authority("cluster").CertificatePem()}\n{_made.Authority("next").CertificatePem()}\n");
        }

        var asker = System(newcomer);
        Assert.Equal("hello", await asker.ActorSelection($"{AddressOf(rotating)}/user/echo").Ask<string>("hello", Patience));
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        _made.Dispose();
    }

    private Task<string> AskAsync(ActorSystem from, TimeSpan patience)
    {
        var to = AddressOf(_node).WithProtocol(AddressOf(from).Protocol);
        return from.ActorSelection($"{to}/user/echo").Ask<string>("hello", patience);
    }

    private ActorSystem System(TlsFolder? tls, bool trusts = false)
    {
        var configuration = BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString($$"""
            {{(tls is null ? "" : AkkaTls.Hocon)}}
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            akka.loglevel = OFF
            """).WithFallback(NodeHocon.Base()));
        var setup = tls is null ? ActorSystemSetup.Create(configuration)
            : ActorSystemSetup.Create(configuration, trusts
                ? new Akka.Remote.Transport.DotNetty.DotNettySslSetup(tls.Credentials().Certificate, true, true, false)
                : AkkaTls.Setup(tls));
        var system = ActorSystem.Create(NodeOptions.SystemName, setup);
        _systems.Add(system);
        return system;
    }

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private static async Task<int> ReadToEndAsync(Stream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[1024];
        var plain = 0;
        try
        {
            // An alert of TLS may come; nothing of an actor system does.
            while (await stream.ReadAsync(buffer, patience.Token) is > 0 and var got)
            {
                plain += buffer[0] == 0x15 ? 0 : got;
            }
        }
        catch (IOException)
        {
            // Reset.
        }

        return plain;
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }
}
