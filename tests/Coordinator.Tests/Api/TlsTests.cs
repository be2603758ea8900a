using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

/// <summary>The API over TLS: who is answered, and what someone tries who should not be.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);
    private readonly ServedCertificates _certificates = new();

    [Fact]
    public async Task Should_answer_who_shows_the_token_and_trusts_the_authority()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        Assert.StartsWith("https://127.0.0.1:", served.Url, StringComparison.Ordinal);
        Assert.Equal(served.Url, Assert.Single(new ApiRecords(served.Home.Folder).All()).Url);
        using var client = served.Client(trusts: _certificates.Tls);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/jobs")).StatusCode);
        using var link = await client.GetAsync($"/?token={ServedJobs.Token}");
        Assert.DoesNotContain(link.Headers, h => h.Key == "Set-Cookie");
        using var visitor = served.Client(null, _certificates.Tls);
        using var first = await visitor.GetAsync($"/api/v1/jobs?token={ServedJobs.Token}");
        Assert.Contains("secure", Assert.Single(first.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task Should_not_be_trusted_by_who_knows_another_authority_or_none()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        using var strange = served.Client(trusts: _certificates.Other);
        using var without = served.Client();
        foreach (var client in (HttpClient[])[strange, without])
        {
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/api/v1/jobs"));
            Assert.IsType<AuthenticationException>(refused.InnerException);
        }
    }

    [Fact]
    public async Task Should_say_nothing_to_who_speaks_plain_HTTP()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        served.Home.Submit(new JobOptions { Name = "secret-name" }, "ann");
        var said = await TalkAsync(served, $"GET /api/v1/jobs HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {ServedJobs.Token}\r\n\r\n");
        Assert.DoesNotContain("HTTP/1.1 200", said);
        Assert.DoesNotContain("secret-name", said);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0")]
    [InlineData("0123456789abcdef0123456789abcdee")]
    public async Task Should_learn_nothing_over_TLS_without_the_token(string? token)
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        using var client = served.Client(token, _certificates.Tls);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/jobs")).StatusCode);
    }

    [Fact]
    public async Task Should_refuse_a_body_that_is_too_large_before_reading_it()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        using var client = served.Client(trusts: _certificates.Tls);
        using var large = await client.PostAsync("/api/v1/jobs", new StringContent(new string('x', 1001)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
    }

    [Fact]
    public async Task Should_not_wait_for_who_says_his_headers_slowly()
    {
        await using var served = await ServedJobs.StartAsync(headersWithin: Short);
        Assert.StartsWith("HTTP/1.1 408", await TalkAsync(served, "GET /api/v1/jobs HTTP/1.1\r\nHost: here\r\nX-Slow: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_not_wait_for_who_begins_TLS_and_says_no_more()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls, headersWithin: Short);
        Assert.Equal("", await TalkAsync(served, ""));
    }

    [Theory]
    [InlineData("/api/v1/jobs/{job}/files/..%2f..%2f..%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/files/logs/..%2f..%2f..%2f..%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/files//secret")]
    [InlineData("/api/v1/jobs/{job}/files/tls/tls.key")]
    [InlineData("/api/v1/jobs/{job}/logs/..%2f..%2f..%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/logs/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/logs/%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/logs/..%5c..%5csecret")]
    [InlineData("/api/v1/jobs/..%2f..%2fapi/config")]
    [InlineData("/api/v1/jobs/..%2f..%2f/files/secret")]
    [InlineData("/api/v1/jobs/%2e%2e/files/api/token")]
    [InlineData("/api/v1/jobs/{job}/chunks/..%2f..%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/steps?stage=..%2f..%2f..%2fsecret")]
    [InlineData("/api/v1/jobs/{job}/evaluations?stage=..%2f..%2f..%2fsecret")]
    [InlineData("/jobs/..%2f..%2fsecret")]
    [InlineData("/jobs/{job}?stage=..%2f..%2f..%2fsecret")]
    [InlineData("/page/..%2f..%2fsecret")]
    [InlineData("/page/../../secret")]
    public async Task Should_lead_nowhere_but_into_the_job_whatever_the_path(string path)
    {
        await using var served = await ServedJobs.StartAsync(page: true, tls: _certificates.Tls);
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        foreach (var place in (string[])[served.Home.Folder, job.Workspace, Path.Combine(served.Home.Folder, "jobs")])
        {
            File.WriteAllText(Path.Combine(place, "secret"), "hidden-words");
            File.WriteAllText(Path.Combine(place, "secret.log"), "hidden-words");
        }

        Directory.CreateDirectory(Path.Combine(job.Workspace, "logs"));
        Directory.CreateDirectory(Path.Combine(job.Workspace, "tls"));
        File.WriteAllText(Path.Combine(job.Workspace, "tls", "tls.key"), "hidden-words");
        var said = await SayAsync(served, path.Replace("{job}", job.Id, StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-words", said);
        Assert.DoesNotContain(ServedJobs.Token, said);
    }

    [Fact]
    public async Task Should_show_a_renewed_certificate_without_a_restart()
    {
        await using var served = await ServedJobs.StartAsync(tls: _certificates.Tls);
        var before = await ShownAsync(served);
        var ends = _certificates.Renew(days: 40);
        Assert.True(ends > before.NotAfter);
        using var deadline = new CancellationTokenSource(Patience);
        while ((await ShownAsync(served)).NotAfter == before.NotAfter)
        {
            await Task.Delay(50, deadline.Token);
        }

        using var client = served.Client(trusts: _certificates.Tls);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/jobs")).StatusCode);
    }

    public void Dispose() => _certificates.Dispose();

    private static async Task<X509Certificate2> ShownAsync(ServedJobs served)
    {
        await using var stream = await ConnectAsync(served);
        return X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
    }

    private static async Task<SslStream> ConnectAsync(ServedJobs served)
    {
        var url = new Uri(served.Url);
        var client = new TcpClient(url.Host, url.Port);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = url.Host,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        return stream;
    }

    // A path as it is: clients that are well behaved tidy it up.
    private static async Task<string> SayAsync(ServedJobs served, string path)
    {
        await using var stream = await ConnectAsync(served);
        var request = $"GET {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {ServedJobs.Token}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        return await AllAsync(stream);
    }

    private static async Task<string> TalkAsync(ServedJobs served, string text)
    {
        var url = new Uri(served.Url);
        using var client = new TcpClient(url.Host, url.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        return await AllAsync(client.GetStream());
    }

    // Until the server has closed: it is the server that must.
    private static async Task<string> AllAsync(Stream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, patience.Token);
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }
}
