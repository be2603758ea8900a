using System.Net;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

/// <summary>What someone tries who has no token, or only a link of someone who has.</summary>
public class AttackerTests
{
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/api/v1/jobs")]
    [InlineData("GET", "/api/openapi.json")]
    [InlineData("POST", "/api/v1/jobs")]
    [InlineData("POST", "/api/v1/jobs/current/cancel")]
    [InlineData("GET", "/api/v1/jobs/current/files/job.json")]
    [InlineData("GET", "/healthz/../api/v1/jobs")]
    [InlineData("GET", "//api/v1/jobs")]
    [InlineData("OPTIONS", "/api/v1/jobs")]
    public async Task Should_learn_nothing_without_the_token(string method, string path)
    {
        await using var served = await ServedJobs.StartAsync();
        served.Home.Submit(new JobOptions { Name = "secret-name" }, "ann");
        foreach (var token in (string?[])[null, "", "0", ServedJobs.Token[..^1], ServedJobs.Token + "0", ServedJobs.Token.ToUpperInvariant()])
        {
            using var client = served.Client(token);
            using var request = new HttpRequestMessage(new HttpMethod(method), served.Url + path);
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.DoesNotContain("secret-name", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Should_be_let_in_by_a_link_once_and_then_by_a_cookie_that_scripts_cannot_read()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/jobs?token=wrong")).StatusCode);
        using var link = await client.GetAsync($"/api/v1/jobs?token={ServedJobs.Token}&stage=x");
        Assert.Equal((HttpStatusCode.Redirect, "/api/v1/jobs?stage=x"), (link.StatusCode, link.Headers.Location!.ToString()));
        var cookie = Assert.Single(link.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/jobs")).StatusCode);
    }

    [Fact]
    public async Task Should_not_send_a_browser_to_another_host()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client(null);
        using var link = await client.GetAsync($"{served.Url}//evil.example/?token={ServedJobs.Token}");
        Assert.Equal("/evil.example/", link.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("X-Nothing", "x", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Origin", "own", true)]
    public async Task Should_not_use_another_ones_cookie_from_another_page(string header, string value, bool isOwn)
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client(null);
        await client.GetAsync($"/api/v1/jobs?token={ServedJobs.Token}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = new StringContent("name: x") };
        request.Headers.Add(header, value == "own" ? served.Url : value);
        using var response = await client.SendAsync(request);
        Assert.Equal(isOwn ? HttpStatusCode.Created : HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("..%2f..%2fsecret")]
    [InlineData("model/..%2f..%2fjob.json")]
    [InlineData("%2e%2e/%2e%2e/secret")]
    [InlineData("job.json")]
    [InlineData("submitted.json")]
    [InlineData("cluster/ended.json")]
    [InlineData("model%00/x")]
    public async Task Should_read_nothing_outside_what_the_job_made_even_with_the_token(string path)
    {
        await using var served = await ServedJobs.StartAsync();
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        File.WriteAllText(Path.Combine(served.Home.Folder, "secret"), "secret");
        Directory.CreateDirectory(Path.Combine(job.Workspace, "model"));
        using var client = served.Client();
        using var response = await client.GetAsync($"/api/v1/jobs/{job.Id}/files/{path}");
        Assert.InRange((int)response.StatusCode, 400, 404);
    }

    [Fact]
    public async Task Should_not_show_the_journals_password()
    {
        await using var served = await ServedJobs.StartAsync();
        var job = served.Home.Submit(new JobOptions { Name = "a", Cluster = new ClusterOptions { Journal = "Host=db;Password=hunter2" } }, "ann").Job;
        using var client = served.Client();
        Assert.DoesNotContain("hunter2", await client.GetStringAsync($"/api/v1/jobs/{job.Id}/config"));
    }

    [Fact]
    public async Task Should_not_fill_memory_or_the_machine()
    {
        await using var served = await ServedJobs.StartAsync(requestsPerSecond: 5);
        using var client = served.Client();
        var large = await client.PostAsync("/api/v1/jobs", new StringContent($"name: {new string('x', 5000)}"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        var many = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => client.GetAsync("/healthz")));
        Assert.Contains(many, r => r.StatusCode == HttpStatusCode.TooManyRequests && r.Headers.RetryAfter is not null);
    }

    [Fact]
    public void Should_find_a_token_that_only_its_owner_can_read()
    {
        var folder = Directory.CreateTempSubdirectory("ism-token-").FullName;
        try
        {
            var token = ApiToken.ReadOrCreate(folder);
            Assert.Equal(64, token.Length);
            Assert.Equal(token, ApiToken.ReadOrCreate(folder));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ApiToken.PathIn(folder)));
            }

            File.WriteAllText(ApiToken.PathIn(folder), "short\n");
            Assert.Contains("can be guessed", Assert.Throws<InvalidDataException>(() => ApiToken.ReadOrCreate(folder)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
