using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Ism.Cluster.Home;
using Ism.Cluster.Security;
using Ism.Coordinator.Api;
using Ism.Coordinator.Web;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

/// <summary>An API over a home in a folder of its own, with a reader of jobs that takes "name: NAME" only.</summary>
internal sealed class ServedJobs : IAsyncDisposable
{
    public const string Token = "0123456789abcdef0123456789abcdef";
    private readonly ApiServer _server;

    private ServedJobs(JobHome home, ApiServer server) => (Home, _server) = (home, server);

    public JobHome Home { get; }

    public string Url => _server.Url;

    public static async Task<ServedJobs> StartAsync(JobDoor? door = null, int requestsPerSecond = 10_000, bool page = false, TlsFolder? tls = null, TimeSpan? headersWithin = null)
    {
        var home = new JobHome(Directory.CreateTempSubdirectory("ism-served-").FullName);
        var options = new ApiOptions
        {
            NodeId = "coordinator-0",
            Folder = home.Folder,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Token = Token,
            RequestsPerSecond = requestsPerSecond,
            MaxBody = 1000,
            Tls = tls,
        };
        options = headersWithin is { } within ? options with { HeadersWithin = within } : options;
        var jobs = new ApiJobs(new HomePlaces(home), door ?? new JobDoor());
        return new ServedJobs(home, await ApiServer.StartAsync(options, jobs, new NamedJobs(), page ? new WebPage() : null, CancellationToken.None));
    }

    /// <summary>A client that keeps cookies and follows nothing.</summary>
    /// <param name="token">What it shows; null for nothing.</param>
    /// <param name="trusts">The only authority whose certificates it takes; null: those of the system.</param>
    public HttpClient Client(string? token = Token, TlsFolder? trusts = null)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (trusts is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(TlsFolder.AuthoritiesIn(trusts.AuthorityPath));
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        var client = new HttpClient(handler) { BaseAddress = new Uri(Url) };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(Home.Folder, recursive: true);
    }

    private sealed class NamedJobs : IJobReader
    {
        public JobReading Read(string text, IReadOnlyList<string> sets, bool thoroughly) => text.StartsWith("name: ", StringComparison.Ordinal)
            ? new JobReading(new JobOptions { Name = text["name: ".Length..].Trim() }, [], ["a note"])
            : new JobReading(null, ["job:1: nmae = x: unknown key; did you mean 'name'?"], []);
    }
}
