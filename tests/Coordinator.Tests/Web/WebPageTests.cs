using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Ism.Cluster.Membership;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Web;

public sealed class WebPageTests
{
    [Fact]
    public async Task Should_show_what_stands_in_the_files_of_a_job()
    {
        await using var home = PreparedHome.Create();
        var server = await home.ServeAsync();
        using var client = Client(server);
        var page = await client.GetStringAsync("/");
        foreach (var text in (string[])["first", "second", "structure-tuning", "aria-label=\"Loss; loss: last 2.1 at 60\"", "Learning rate", "Gradient norm",
            "Throughput", "Share of the device's peak (%)", "Waiting for samples", "masked amino acids", "outlier: 2.2 at step 30", "60 of 240 steps", "2 rank(s)", "a trainer came",
            "on its way to a coordinator"])
        {
            Assert.Contains(text, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        }

        Assert.Contains("Served by coordinator-0", page);
        var counted = await UntilAsync(client, "/", text => text.Contains("8 residues", StringComparison.Ordinal));
        Assert.Contains("token 2: 50.0 %", counted);
        Assert.Contains("bar marked", counted);
        Assert.Contains("2 structure(s) refused", counted);
        Assert.Contains("Empty 2", counted);
        Assert.Contains($"href=\"/api/v1/jobs/{home.Job.Id}/events\"", counted);
    }

    [Fact]
    public async Task Should_never_take_foreign_text_for_markup()
    {
        await using var home = PreparedHome.Create();
        var server = await home.ServeAsync();
        using var client = Client(server);
        var page = await UntilAsync(client, "/", text => text.Contains("refused", StringComparison.Ordinal));
        Assert.Contains("&lt;script&gt;alert(", page);
        Assert.Single(Regex.Matches(page, "<script"));
        Assert.DoesNotContain("<img", page);
        Assert.DoesNotMatch("<[^>]* (on\\w+|style)=", page);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page/page.js")]
    [InlineData("/page/page.css")]
    [InlineData("/page/alive")]
    public async Task Should_show_nothing_without_the_token(string path)
    {
        await using var home = PreparedHome.Create(1);
        var server = await home.ServeAsync();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(server.Url) };
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Should_allow_a_browser_nothing_but_its_own_script_and_the_other_coordinators()
    {
        await using var home = PreparedHome.Create(1);
        var first = await home.ServeAsync();
        var second = await home.ServeAsync("coordinator-1");
        new ApiRecords(home.Home.Folder).Write(new ApiRecord("odd", "https://elsewhere.invalid; script-src *"));
        using var client = Client(first);
        using var response = await client.GetAsync("/");
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", policy);
        Assert.EndsWith($"connect-src 'self' {second.Url}", policy);
        Assert.Contains($"href=\"{second.Url}\"", await response.Content.ReadAsStringAsync());
        using var alive = await client.GetAsync("/page/alive");
        Assert.Equal((HttpStatusCode.NoContent, "cross-origin"), (alive.StatusCode, Assert.Single(alive.Headers.GetValues("Cross-Origin-Resource-Policy"))));
    }

    [Fact]
    public async Task Should_be_sent_again_only_when_it_has_changed()
    {
        await using var home = PreparedHome.Create(1);
        var server = await home.ServeAsync();
        using var client = Client(server);
        var page = await UntilAsync(client, "/", text => text.Contains("8 residues", StringComparison.Ordinal));
        using var response = await client.GetAsync("/");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(again)).StatusCode);
        File.AppendAllText(home.Workspace.At(Workspace.Events), RunEvent.Now(RunEventKind.Note, message: "something new").ToLine() + "\n");
        using var changed = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
        Assert.Contains("something new", await (await client.SendAsync(changed)).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Should_show_the_job_stage_and_axis_that_were_chosen()
    {
        await using var home = PreparedHome.Create();
        var server = await home.ServeAsync();
        using var client = Client(server);
        var page = await client.GetStringAsync($"/jobs/{home.Job.Id}?stage=autoencoder-1&scale=log");
        Assert.Contains("loss: last 3.2 at 5", page);

        // The autoencoder's steps do not know it.
        Assert.DoesNotContain("Share of the device", page);
        Assert.Contains($"href=\"/jobs/{home.Job.Id}?stage=structure-tuning&amp;scale=log\"", page);
        var waiting = home.Home.All().Single(j => j.Id != home.Job.Id);
        Assert.Contains("No step has been trained", await client.GetStringAsync($"/jobs/{waiting.Id}"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/jobs/none")).StatusCode);
    }

    [Fact]
    public async Task Should_say_why_a_job_ended_and_list_its_quarantine()
    {
        await using var home = PreparedHome.Create();
        File.WriteAllLines(
            home.Workspace.At(Workspace.Quarantine),
            ["catalogue\tposition\tname\treason\tmessage", "corpus\t1\tbad.pdb\tTooShort\t12 residues", "heldout\t0\tworse.pdb\tEmpty\tnothing"]);
        EndedMarker.Write(home.Job.Workspace, "the disk is full");
        var server = await home.ServeAsync();
        using var client = Client(server);
        var page = await client.GetStringAsync($"/jobs/{home.Job.Id}");
        foreach (var text in (string[])["the disk is full", "failed", "bad.pdb", "TooShort 1", "12 residues"])
        {
            Assert.Contains(text, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Should_greet_a_home_without_jobs()
    {
        await using var served = await Api.ServedJobs.StartAsync(page: true);
        using var client = served.Client();
        Assert.Contains("No job was submitted yet", await client.GetStringAsync("/"));
    }

    private static HttpClient Client(ApiServer server) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri(server.Url),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", PreparedHome.Token) },
    };

    private static async Task<string> UntilAsync(HttpClient client, string path, Func<string, bool> isSo)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var page = await client.GetStringAsync(path, deadline.Token);
            if (isSo(page))
            {
                return page;
            }

            await Task.Delay(100, deadline.Token);
        }
    }
}
