using Ism.Cluster.Home;
using Ism.Protocol.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ism.Coordinator.Api;

/// <summary>The API's endpoints about jobs: list, submit, look, command.</summary>
internal static class JobEndpoints
{
    private const string YamlType = "application/yaml";

    // What curl --data-binary says of a body when it is told nothing.
    private const string UnnamedType = "application/x-www-form-urlencoded";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs", (ApiJobs jobs) => jobs.All())
            .WithName("listJobs").WithSummary("All jobs in the order of the queue.");
        api.MapPost("/jobs", SubmitAsync)
            .WithName("submitJob").WithSummary("Submit a job file (YAML or JSON). The same job twice is one job.")
            .Accepts<string>(YamlType, "application/json", "text/plain", UnnamedType)
            .Produces<SubmissionView>(StatusCodes.Status201Created).Produces<SubmissionView>()
            .Produces<ApiProblem>(StatusCodes.Status422UnprocessableEntity).Produces<ApiProblem>(StatusCodes.Status409Conflict);
        api.MapGet("/jobs/{id}", (string id, ApiJobs jobs, CancellationToken cancel) =>
                WithJob(jobs, id, async job => Results.Ok(await jobs.ViewAsync(job, cancel))))
            .WithName("getJob").WithSummary("Where a job stands. \"current\" is the one that runs.").Produces<JobView>();
        api.MapGet("/jobs/{id}/config", (string id, ApiJobs jobs) => WithJob(jobs, id, job =>
                Task.FromResult(Results.Text(JobJson.Write(WithoutSecrets(new Workspace(job.Workspace).ReadJob())), "application/json"))))
            .WithName("getJobConfig").WithSummary("The resolved job, without passwords.");
        api.MapGet("/jobs/{id}/chunks/{work}", (string id, string work, ApiJobs jobs, CancellationToken cancel) =>
                WithJob(jobs, id, async job => await jobs.ChunksAsync(job, work, cancel) is { } map
                    ? Results.Ok(map)
                    : ApiProblem.Result(StatusCodes.Status404NotFound, "no such work", $"{work} is not open in {job.Id}; its status names those that are")))
            .WithName("getChunks").WithSummary("Which chunks of a work are where.").Produces<ChunkMap>();
        foreach (var kind in (JobCommandKind[])[JobCommandKind.Pause, JobCommandKind.Resume, JobCommandKind.Cancel, JobCommandKind.Checkpoint])
        {
            var name = kind.ToString().ToLowerInvariant();
            api.MapPost($"/jobs/{{id}}/{name}", (string id, HttpContext context, ApiJobs jobs, CancellationToken cancel) =>
                    TellAsync(jobs, id, new JobCommand(kind, "", 0, By(context)), cancel))
                .WithName($"{name}Job").WithSummary(Summaries[kind]).Produces<CommandView>().Produces<CommandView>(StatusCodes.Status409Conflict);
        }

        api.MapPost("/jobs/{id}/scale", (string id, ScaleRequest wanted, HttpContext context, ApiJobs jobs, CancellationToken cancel) =>
                TellAsync(jobs, id, new JobCommand(JobCommandKind.Scale, wanted.Role.TrimEnd('s'), wanted.Count, By(context)), cancel))
            .WithName("scaleJob").WithSummary("Say how many trainers or featurizers are wanted, for whoever starts nodes.")
            .Produces<CommandView>().Produces<CommandView>(StatusCodes.Status409Conflict);
    }

    /// <summary>Who asks, for logs: a name that the caller gives himself, and his address.</summary>
    internal static string By(HttpContext context)
    {
        var name = new string([.. context.Request.Headers["X-Ism-User"].ToString().Where(c => !char.IsControl(c)).Take(64)]);
        return name.Length > 0 ? name : context.Connection.RemoteIpAddress?.ToString() ?? "the API";
    }

    internal static async Task<IResult> WithJob(ApiJobs jobs, string id, Func<HomeJob, Task<IResult>> then)
    {
        try
        {
            return jobs.Find(id) is { } job ? await then(job)
                : ApiProblem.Result(StatusCodes.Status404NotFound, id == ApiJobs.Current ? "no job runs" : "no such job", jobs.WhyNot(id));
        }
        catch (ArgumentException e)
        {
            return ApiProblem.Result(StatusCodes.Status400BadRequest, "several jobs", e.Message);
        }
        catch (TimeoutException e)
        {
            return ApiProblem.Result(StatusCodes.Status503ServiceUnavailable, "no answer", e.Message);
        }
    }

    private static readonly Dictionary<JobCommandKind, string> Summaries = new()
    {
        [JobCommandKind.Pause] = "Stop after the step that is under way; all nodes stay, nothing is lost.",
        [JobCommandKind.Resume] = "Go on after a pause.",
        [JobCommandKind.Cancel] = "End the job; what it has made stays.",
        [JobCommandKind.Checkpoint] = "Write a checkpoint at the next step, and answer when it stands.",
    };

    private static async Task<IResult> SubmitAsync(
        HttpContext context, ApiJobs jobs, IJobReader reader, bool dryRun = false)
    {
        using var body = new StreamReader(context.Request.Body);
        var reading = reader.Read(await body.ReadToEndAsync(context.RequestAborted), [.. context.Request.Query["set"].OfType<string>()], dryRun);
        if (reading.Job is not { } job)
        {
            return ApiProblem.Result(
                StatusCodes.Status422UnprocessableEntity, "the job file has problems", string.Join("; ", reading.Problems), reading.Problems);
        }

        if (dryRun)
        {
            return Results.Ok(new SubmissionView(JobIdentity.Of(job), false, "the job can be submitted", reading.Notes, null));
        }

        if (jobs.Submit(job, By(context)) is not { } done)
        {
            return ApiProblem.Result(
                StatusCodes.Status409Conflict, "no queue", "this coordinator serves one job; coordinators started with --home take others");
        }

        var view = new SubmissionView(done.Job.Id, done.Accepted, done.Message, reading.Notes, jobs.Summary(done.Job));
        return done.Accepted ? Results.Created($"/api/v1/jobs/{done.Job.Id}", view) : Results.Ok(view);
    }

    private static Task<IResult> TellAsync(ApiJobs jobs, string id, JobCommand command, CancellationToken cancel) =>
        WithJob(jobs, id, async job =>
        {
            var answer = await jobs.TellAsync(job, command, cancel);
            return Results.Json(answer, statusCode: answer.Done ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
        });

    private static JobOptions WithoutSecrets(JobOptions job) => job.Cluster.Journal.Length == 0 ? job
        : job with { Cluster = job.Cluster with { Journal = "(not shown)" } };
}

/// <summary>How many nodes of a role are wanted.</summary>
/// <param name="Role">trainers or featurizers.</param>
/// <param name="Count">How many.</param>
public sealed record ScaleRequest(string Role, int Count);

/// <summary>What became of a submission.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Accepted">It was put into the queue now.</param>
/// <param name="Message">For a person.</param>
/// <param name="Notes">What is worth knowing about the job file.</param>
/// <param name="Job">The job; null after a dry run.</param>
public sealed record SubmissionView(string Id, bool Accepted, string Message, IReadOnlyList<string> Notes, JobSummary? Job);
