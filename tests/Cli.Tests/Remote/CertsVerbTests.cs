using System.Security.Cryptography.X509Certificates;
using Ism.Cluster.Security;

namespace Ism.Cli.Tests.Remote;

public sealed class CertsVerbTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ism-certs-").FullName;

    [Fact]
    public async Task Should_make_an_authority_and_more_nodes_of_it_and_say_what_goes_where()
    {
        var (first, second) = (At("first"), At("second"));
        var made = await Invocation.Of("certs", "--out", first, "--name", "node1,10.0.0.7", "--days", "20");
        Assert.Equal((0, ""), (made.Code, made.Error));
        Assert.Equal(["ca.crt", "ca.key", "tls.crt", "tls.key"], Directory.GetFiles(first).Select(Path.GetFileName).Order());
        foreach (var said in (string[])["node1, localhost, 10.0.0.7, 127.0.0.1", "--tls FOLDER", "ISM_TLS=FOLDER", "nowhere else", $"--ca {first}"])
        {
            Assert.Contains(said, made.Output);
        }

        var more = await Invocation.Of("certs", "--ca", first, "--out", second, "--name", "node2");
        Assert.Equal((0, ""), (more.Code, more.Error));
        Assert.Equal(["ca.crt", "tls.crt", "tls.key"], Directory.GetFiles(second).Select(Path.GetFileName).Order());
        using var other = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(second, "tls.crt")));
        Assert.Null(new TlsFolder(first).Credentials().Refuses(other));
        Assert.Null(new TlsFolder(second).Credentials().Refuses(new TlsFolder(first).Credentials().Certificate));
        // No secret is printed.
        Assert.DoesNotContain("PRIVATE", made.Output + more.Output);
    }

    [Fact]
    public async Task Should_write_over_nothing()
    {
        var folder = At("first");
        Assert.Equal(0, (await Invocation.Of("certs", "--out", folder, "--name", "a")).Code);
        var before = Directory.GetFiles(folder).ToDictionary(f => f, File.ReadAllText);
        foreach (var again in (string[][])[["--out", folder, "--name", "a"], ["--out", folder, "--name", "a", "--ca", folder]])
        {
            var refused = await Invocation.Of(["certs", .. again]);
            Assert.Equal(1, refused.Code);
            Assert.Contains("is there already and is not written over", Assert.Single(refused.Problems));
        }

        Assert.Equal(before, Directory.GetFiles(folder).ToDictionary(f => f, File.ReadAllText));
    }

    [Theory]
    [InlineData("https://node1", "30", "neither a host name")]
    [InlineData("node1", "0", "must be 1 or more")]
    public async Task Should_refuse_what_cannot_be_certified(string name, string days, string why)
    {
        var refused = await Invocation.Of("certs", "--out", At("no"), "--name", name, "--days", days);
        Assert.Equal(2, refused.Code);
        Assert.Contains(why, Assert.Single(refused.Problems));
        Assert.False(Directory.Exists(At("no")));
    }

    [Fact]
    public async Task Should_refuse_an_authority_that_is_none_or_ends_too_soon()
    {
        var missing = await Invocation.Of("certs", "--ca", At("nowhere"), "--out", At("no"), "--name", "a");
        Assert.Equal(1, missing.Code);
        Assert.Contains("ca.crt is missing", Assert.Single(missing.Problems));
        Assert.Equal(0, (await Invocation.Of("certs", "--out", At("first"), "--name", "a")).Code);
        var late = await Invocation.Of("certs", "--ca", At("first"), "--out", At("no"), "--name", "a", "--days", "4000");
        Assert.Equal(2, late.Code);
        Assert.Contains("name fewer", Assert.Single(late.Problems));
    }

    [Fact]
    public async Task Should_refuse_a_node_that_others_reach_without_certificates()
    {
        var node = await Invocation.Of("node", "featurizer", "--home", At("home"), "--host", "10.0.0.7");
        Assert.Equal(2, node.Code);
        Assert.Contains("ism certs", Assert.Single(node.Problems));
        Assert.Contains("--insecure", node.Error);
        var api = await Invocation.Of("node", "coordinator", "--home", At("home"), "--api", "0.0.0.0:0");
        Assert.Equal(2, api.Code);
        Assert.Contains("TLS only", Assert.Single(api.Problems));
        Assert.Contains("ism certs", api.Error);
    }

    [Fact]
    public async Task Should_say_at_once_that_the_port_of_the_API_is_taken()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var refused = await Invocation.Of("node", "coordinator", "--home", At("home"), "--api", $"{taken.LocalEndpoint}");
        Assert.Equal(2, refused.Code);
        Assert.Contains("name another port", Assert.Single(refused.Problems));
    }

    [Fact]
    public async Task Should_not_send_the_token_where_it_can_be_read()
    {
        var refused = await Invocation.Of("jobs", "--server", "http://node7:8420");
        Assert.Equal(2, refused.Code);
        Assert.Contains("https://node7:8420", Assert.Single(refused.Problems));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string At(string name) => Path.Combine(_root, name);
}
