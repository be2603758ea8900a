using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ism.Cli.Jobs;
using Ism.Cli.Remote;
using Ism.Cluster.Home;
using Ism.Cluster.Security;
using Ism.Coordinator.Api;

namespace Ism.Cli.Tests.Remote;

/// <summary>What the verbs say to a server whose certificate is good, and to one whose certificate is not.</summary>
public sealed class ServerTrustTests : IDisposable
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _root = Directory.CreateTempSubdirectory("ism-trust-").FullName;
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(DateTimeOffset.UtcNow.AddYears(-1), 1000);

    [Fact]
    public async Task Should_ask_a_server_whose_authority_it_knows()
    {
        await using var server = await StartAsync();
        using var client = Client(server, Folder("client", _authority).AuthorityPath);
        Assert.Empty(await client.GetAsync<JobSummary[]>("jobs", Patience, CancellationToken.None));
    }

    [Fact]
    public async Task Should_say_whose_certificate_it_does_not_trust_and_what_to_name()
    {
        await using var server = await StartAsync();
        var other = Folder("other", CertificateAuthority.Create(DateTimeOffset.UtcNow, 100)).AuthorityPath;
        var strange = await RefusalAsync(server, other);
        Assert.Contains("was not signed by this cluster's authority", strange);
        Assert.Contains(other, strange);
        var unknown = await RefusalAsync(server, null);
        Assert.Contains(_authority.Name, unknown);
        Assert.Contains("--tls", unknown);
    }

    [Fact]
    public async Task Should_say_that_a_server_speaks_TLS()
    {
        await using var server = await StartAsync();
        using var client = new ApiClient(new ApiTarget([new Uri(server.Url.Replace("https:", "http:", StringComparison.Ordinal))], Token, "current", null, null));
        var refused = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<JobSummary[]>("jobs", Patience, CancellationToken.None));
        Assert.Contains("https://", refused.Message);
    }

    [Fact]
    public async Task Should_say_that_a_server_does_not_speak_TLS()
    {
        await using var server = await StartAsync(hasTls: false);
        using var client = new ApiClient(new ApiTarget([new Uri(server.Url.Replace("http:", "https:", StringComparison.Ordinal))], Token, "current", null, null));
        var refused = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<JobSummary[]>("jobs", Patience, CancellationToken.None));
        Assert.Contains("it does not answer in TLS (", refused.Message);
        Assert.Contains("http://", refused.Message);
    }

    [Fact]
    public void Should_say_when_a_certificate_expired_and_for_which_names_it_is()
    {
        var now = DateTimeOffset.UtcNow;
        var trust = new ServerTrust(Folder("client", _authority).AuthorityPath);
        using var good = Certificate("node1", now, 5);
        Assert.True(trust.Trusts("node1", good, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.Null(trust.TakeRefusal());
        Assert.False(trust.Trusts("node2", good, SslPolicyErrors.None));
        var mismatch = trust.TakeRefusal();
        Assert.Contains("is made for node1, localhost, 127.0.0.1", mismatch);
        Assert.Contains("not for node2", mismatch);
        using var old = Certificate("node1", now.AddDays(-9), 5);
        Assert.False(trust.Trusts("node1", old, SslPolicyErrors.None));
        Assert.Contains($"the certificate of node1 expired on {now.AddDays(-4):yyyy-MM-dd}", trust.TakeRefusal());
        Assert.Null(trust.TakeRefusal());
        Assert.False(trust.Trusts("node1", null, SslPolicyErrors.RemoteCertificateNotAvailable));
    }

    [Fact]
    public void Should_say_which_file_holds_no_certificate()
    {
        var path = Path.Combine(_root, "ca.crt");
        Assert.Contains(path, Assert.Throws<IOException>(() => new ServerTrust(path)).Message);
        File.WriteAllText(path, "nothing");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => new ServerTrust(path)).Message);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task<ApiServer> StartAsync(bool hasTls = true)
    {
        var home = new JobHome(Path.Combine(_root, "home"));
        var options = new ApiOptions
        {
            NodeId = "coordinator-0",
            Folder = home.Folder,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Token = Token,
            Tls = hasTls ? Folder("server", _authority) : null,
        };
        return await ApiServer.StartAsync(options, new ApiJobs(new HomePlaces(home), new JobDoor()), new SubmittedJobs(), null, CancellationToken.None);
    }

    private static ApiClient Client(ApiServer server, string? authority) =>
        new(new ApiTarget([new Uri(server.Url)], Token, "current", null, authority));

    private static async Task<string> RefusalAsync(ApiServer server, string? authority)
    {
        using var client = Client(server, authority);
        return (await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<JobSummary[]>("jobs", Patience, CancellationToken.None))).Message;
    }

    private TlsFolder Folder(string name, CertificateAuthority authority)
    {
        var folder = Path.Combine(_root, name);
        CertificateFiles.Write(folder, authority, withKey: false, authority.Issue(CertificateNames.Parse([name]), DateTimeOffset.UtcNow, 5));
        return new TlsFolder(folder);
    }

    private X509Certificate2 Certificate(string name, DateTimeOffset now, int days) =>
        X509Certificate2.CreateFromPem(_authority.Issue(CertificateNames.Parse([name]), now, days).Certificate);
}
