using Ism.Cluster.Home;
using Ism.Protocol.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;

namespace Ism.Coordinator.Api;

/// <summary>The API's endpoints about a job's course: events, steps, files, logs.</summary>
internal static class CourseEndpoints
{
    private const int MostPoints = 5000;
    private const int MostTail = 10_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly FileExtensionContentTypeProvider Types = new(new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".json"] = "application/json",
        [".jsonl"] = "application/x-ndjson",
        [".tsv"] = "text/tab-separated-values; charset=utf-8",
        [".txt"] = "text/plain; charset=utf-8",
        [".log"] = "text/plain; charset=utf-8",
        [".png"] = "image/png",
        [".svg"] = "image/svg+xml",
    });

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{id}/events", EventsAsync)
            .WithName("getEvents")
            .WithSummary("What the job has said: one JSON object a line from line `from` on, or, with Accept: text/event-stream, as it happens.");
        api.MapGet("/jobs/{id}/steps", (string id, ApiJobs jobs, string? stage, long? after, int? points) =>
                JobEndpoints.WithJob(jobs, id, job => Task.FromResult(Results.Ok(
                    jobs.HistoryOf(job).Steps(stage ?? "", after ?? -1, Math.Clamp(points ?? 1000, 1, MostPoints))))))
            .WithName("getSteps").WithSummary("Steps of training, thinned out evenly to `points`.").Produces<StepView[]>();
        api.MapGet("/jobs/{id}/evaluations", (string id, ApiJobs jobs, string? stage) =>
                JobEndpoints.WithJob(jobs, id, job => Task.FromResult(Results.Ok(jobs.HistoryOf(job).Evaluations(stage ?? "")))))
            .WithName("getEvaluations").WithSummary("Metrics on held-out structures.").Produces<EvaluationView[]>();
        api.MapGet("/jobs/{id}/files", (string id, ApiJobs jobs) =>
                JobEndpoints.WithJob(jobs, id, job => Task.FromResult(Results.Ok(JobFiles.List(new Workspace(job.Workspace))))))
            .WithName("listFiles").WithSummary("What the job has made.").Produces<FileView[]>();
        api.MapGet("/jobs/{id}/files/{**path}", (string id, string path, HttpContext context, ApiJobs jobs) =>
                JobEndpoints.WithJob(jobs, id, job => Task.FromResult(Send(job, path, context))))
            .WithName("getFile").WithSummary("One file; ranges are understood.");
        api.MapGet("/jobs/{id}/logs/{node}", (string id, string node, int? tail, ApiJobs jobs) =>
                JobEndpoints.WithJob(jobs, id, job => Task.FromResult(Log(jobs, job, node, Math.Clamp(tail ?? 200, 1, MostTail)))))
            .WithName("getLog").WithSummary("The last lines of a node's log.");
    }

    private static Task<IResult> EventsAsync(string id, long? from, HttpContext context, ApiJobs jobs) =>
        JobEndpoints.WithJob(jobs, id, async job =>
        {
            var history = jobs.HistoryOf(job);
            var begin = from ?? 0;
            var accept = context.Request.Headers.Accept.ToString();
            if (!accept.Contains("text/event-stream", StringComparison.Ordinal))
            {
                // A browser shows what is text, and saves what it does not know.
                return Results.Text(
                    string.Concat(history.Events(begin).Select(line => line + "\n")),
                    accept.Contains("text/html", StringComparison.Ordinal) ? "text/plain; charset=utf-8" : "application/x-ndjson");
            }

            // A browser that comes back says which line it has seen.
            if (long.TryParse(context.Request.Headers["Last-Event-ID"], out var seen))
            {
                begin = seen + 1;
            }

            await StreamAsync(context, history, begin, () => jobs.Find(job.Id)?.Ended is not null);
            return Results.Empty;
        });

    private static async Task StreamAsync(HttpContext context, JobHistory history, long next, Func<bool> isOver)
    {
        var cancel = context.RequestAborted;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var idle = 0;
        while (!cancel.IsCancellationRequested)
        {
            var over = isOver();
            var lines = history.Events(next);
            foreach (var line in lines)
            {
                await context.Response.WriteAsync($"id: {next++}\ndata: {line}\n\n", cancel);
            }

            if (over && lines.Count == 0)
            {
                await context.Response.WriteAsync("event: end\ndata: {}\n\n", cancel);
                return;
            }

            // Proxies end connections that say nothing.
            if (lines.Count == 0 && ++idle % 30 == 0)
            {
                await context.Response.WriteAsync(":\n\n", cancel);
            }

            await context.Response.Body.FlushAsync(cancel);
            await Task.Delay(LookEvery, cancel);
        }
    }

    private static IResult Send(HomeJob job, string path, HttpContext context)
    {
        if (JobFiles.Find(new Workspace(job.Workspace), path) is not { } file)
        {
            return ApiProblem.Result(
                StatusCodes.Status404NotFound, "no such file", $"{path} is none of the files that {job.Id} shows; GET /api/v1/jobs/{job.Id}/files lists them");
        }

        // A report holds names from input files: it may draw, and nothing else.
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; sandbox";
        var type = Types.TryGetContentType(file, out var known) ? known : "application/octet-stream";
        return Results.File(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), type, enableRangeProcessing: true);
    }

    private static IResult Log(ApiJobs jobs, HomeJob job, string node, int tail)
    {
        if (jobs.LogOf(job, node) is not { } file)
        {
            return ApiProblem.Result(StatusCodes.Status404NotFound, "no such log", jobs.LogsOf(job) is { Count: > 0 } logs
                ? $"{node} has left no log in {job.Id}; {string.Join(", ", logs)} have" : $"no node has left a log in {job.Id}");
        }

        return Results.Text(string.Concat(LastLines.Of(file, tail).Select(line => line + "\n")), "text/plain; charset=utf-8");
    }
}
