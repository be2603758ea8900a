using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ism.Cluster.Membership;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Api;

public class ApiServerTests
{
    [Fact]
    public async Task Should_take_a_job_list_it_and_show_where_it_stands()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var answer = await client.PostAsync("/api/v1/jobs", new StringContent("name: first"));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var done = (await answer.Content.ReadFromJsonAsync<SubmissionView>(ApiJson.Options))!;
        Assert.Equal(($"/api/v1/jobs/{done.Id}", true), (answer.Headers.Location!.ToString(), done.Accepted));
        Assert.Equal(["a note"], done.Notes);
        await client.PostAsync("/api/v1/jobs", new StringContent("name: second"));

        var all = (await client.GetFromJsonAsync<JobSummary[]>("/api/v1/jobs", ApiJson.Options))!;
        Assert.Equal([("first", "current", 0), ("second", "queued", 1)], all.Select(j => (j.Name, j.State, j.Place!.Value)));
        var view = (await client.GetFromJsonAsync<JobView>("/api/v1/jobs/current", ApiJson.Options))!;
        Assert.Equal((done.Id, false), (view.Job.Id, view.Live));
        Assert.Equal("first", (await client.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{done.Id}/config")).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Should_make_one_job_of_the_same_job_twice()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        await client.PostAsync("/api/v1/jobs", new StringContent("name: a"));
        var again = await client.PostAsync("/api/v1/jobs", new StringContent("name: a"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.False((await again.Content.ReadFromJsonAsync<SubmissionView>(ApiJson.Options))!.Accepted);
        Assert.Single(served.Home.All());
    }

    [Fact]
    public async Task Should_refuse_a_bad_job_with_every_problem_and_submit_nothing_in_a_dry_run()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var answer = await client.PostAsync("/api/v1/jobs", new StringContent("nmae: x"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("did you mean 'name'", Assert.Single((await answer.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))!.Problems));
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/api/v1/jobs?dryRun=true", new StringContent("name: x"))).StatusCode);
        Assert.Empty(served.Home.All());
    }

    [Fact]
    public async Task Should_cancel_what_waits_and_say_why_it_cannot_tell_a_job_that_runs_nowhere()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var first = served.Home.Submit(new JobOptions { Name = "first" }, "ann").Job;
        var second = served.Home.Submit(new JobOptions { Name = "second" }, "ann").Job;
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync($"/api/v1/jobs/{second.Id}/cancel", null)).StatusCode);
        Assert.StartsWith("cancelled by", served.Home.Find(second.Id)!.Error);
        var paused = await client.PostAsync($"/api/v1/jobs/{first.Id}/pause", null);
        Assert.Equal(HttpStatusCode.Conflict, paused.StatusCode);
        Assert.Contains("not in the cluster", (await paused.Content.ReadFromJsonAsync<CommandView>(ApiJson.Options))!.Message);
        var scaled = await client.PostAsJsonAsync($"/api/v1/jobs/{second.Id}/scale", new ScaleRequest("trainers", 3));
        Assert.Contains("has ended", (await scaled.Content.ReadFromJsonAsync<CommandView>(ApiJson.Options))!.Message);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/api/v1/jobs/none/pause", null)).StatusCode);
    }

    [Fact]
    public async Task Should_stream_events_from_where_the_reader_was_until_the_job_ends()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        var events = Path.Combine(job.Workspace, Workspace.Events);
        foreach (var message in (string[])["one", "two"])
        {
            File.AppendAllText(events, RunEvent.Now(RunEventKind.Note, message: message).ToLine() + "\n");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{job.Id}/events");
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", "0");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("id: 1", await reader.ReadLineAsync());
        Assert.Contains("two", await reader.ReadLineAsync());
        await reader.ReadLineAsync();
        File.AppendAllText(events, RunEvent.Now(RunEventKind.Note, message: "three").ToLine() + "\n");
        EndedMarker.Write(job.Workspace, null);
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("id: 2", rest);
        Assert.EndsWith("event: end\ndata: {}\n\n", rest);
    }

    [Fact]
    public async Task Should_take_a_body_whose_type_curl_has_not_been_told()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var body = new StringContent("name: a", Encoding.UTF8, "application/x-www-form-urlencoded");
        Assert.Equal(HttpStatusCode.Created, (await client.PostAsync("/api/v1/jobs", body)).StatusCode);
        Assert.Equal("a", Assert.Single(served.Home.All().Select(j => new Workspace(j.Workspace).ReadJob().Name)));
    }

    [Theory]
    [InlineData("GET", "/api/v1/nonsense", null, 404, "/api/v1/nonsense is no address")]
    [InlineData("DELETE", "/api/v1/jobs", null, 405, "takes no DELETE")]
    [InlineData("POST", "/api/v1/jobs", "image/png", 415, "image/png was sent; send YAML as application/yaml")]
    public async Task Should_say_what_is_wrong_with_a_request_that_reaches_nothing(string method, string path, string? type, int status, string says)
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = type is null ? null : new StringContent("x", new MediaTypeHeaderValue(type));
        using var answer = await client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options))!.Detail);
    }

    [Fact]
    public async Task Should_name_the_last_job_when_none_runs_and_those_that_there_are_for_a_wrong_id()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        async Task<string> SaidAsync(string path)
        {
            using var answer = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("\\u", text);
            var problem = JsonSerializer.Deserialize<ApiProblem>(text, ApiJson.Options)!;
            return $"{problem.Title}: {problem.Detail}";
        }

        Assert.Equal("no job runs: none was submitted yet; `ism submit JOB.yaml` does it", await SaidAsync("/api/v1/jobs/current"));
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        EndedMarker.Write(job.Workspace, null);
        Assert.StartsWith($"no job runs: the last one was {job.Id} (complete)", await SaidAsync("/api/v1/jobs/current/events"));
        Assert.Equal($"no such job: other is none of {job.Id}", await SaidAsync("/api/v1/jobs/other"));
        Assert.Equal($"no such log: no node has left a log in {job.Id}", await SaidAsync($"/api/v1/jobs/{job.Id}/logs/trainer-9"));
        Directory.CreateDirectory(Path.Combine(job.Workspace, "logs"));
        File.WriteAllText(Path.Combine(job.Workspace, "logs", "trainer-0.log"), "a\n");
        Assert.EndsWith("trainer-9 has left no log in " + job.Id + "; trainer-0 have", await SaidAsync($"/api/v1/jobs/{job.Id}/logs/trainer-9"));
    }

    [Theory]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain")]
    [InlineData("*/*", "application/x-ndjson")]
    public async Task Should_let_a_browser_show_events_instead_of_saving_them(string accept, string type)
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{job.Id}/events");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await client.SendAsync(request);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Should_describe_itself()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var paths = (await client.GetFromJsonAsync<JsonElement>("/api/openapi.json")).GetProperty("paths");
        Assert.Superset(
            new HashSet<string> { "/api/v1/jobs", "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/pause", "/api/v1/jobs/{id}/events", "/api/v1/jobs/{id}/files/{path}" },
            paths.EnumerateObject().Select(p => p.Name).ToHashSet());
        Assert.All(
            paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject()),
            operation => Assert.NotEqual("", operation.Value.GetProperty("summary").GetString()));
    }

    [Fact]
    public async Task Should_leave_its_address_while_it_serves()
    {
        var served = await ServedJobs.StartAsync();
        var records = new ApiRecords(served.Home.Folder);
        Assert.Equal(new ApiRecord("coordinator-0", served.Url), Assert.Single(records.All()));
        File.WriteAllText(Path.Combine(served.Home.Folder, "api", "stray.json"), "rubbish");
        Assert.Single(records.All());
        await served.DisposeAsync();
        Assert.Empty(records.All());
    }

    [Fact]
    public async Task Should_send_ranges_of_files_and_the_end_of_logs()
    {
        await using var served = await ServedJobs.StartAsync();
        using var client = served.Client();
        var job = served.Home.Submit(new JobOptions { Name = "a" }, "ann").Job;
        Directory.CreateDirectory(Path.Combine(job.Workspace, "logs"));
        File.WriteAllText(Path.Combine(job.Workspace, "logs", "trainer-0.log"), "a\nb\nc\n", Encoding.UTF8);
        Assert.Equal("b\nc\n", await client.GetStringAsync($"/api/v1/jobs/{job.Id}/logs/trainer-0?tail=2"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{job.Id}/files/logs/trainer-0.log");
        request.Headers.Add("Range", "bytes=-2");
        var part = await client.SendAsync(request);
        Assert.Equal((HttpStatusCode.PartialContent, "c\n"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
    }
}
