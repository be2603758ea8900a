using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Jobs;
using Ism.Cli.Remote;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism submit JOB.yaml`: puts a job into the queue of a standing cluster.</summary>
internal static class SubmitVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Command Create(VerbContext context)
    {
        var job = new JobArguments();
        var target = new TargetArguments(hasJob: false);
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Check everything that can be checked without starting: sources, models, memory; submit nothing",
        };
        var command = new Command(
            "submit", "Put a job into the queue of a standing cluster (`ism serve`). The same job twice is one job; one that failed goes on.");
        job.AddTo(command);
        command.Add(dryRun);
        target.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(
            context, job.Load(parsed).Job, target.Resolve(parsed), parsed.GetValue(dryRun), parsed.GetValue(target.Json), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        VerbContext context, JobOptions job, ApiTarget target, bool dryRun, bool json, CancellationToken cancel)
    {
        var resolved = JobPaths.Resolve(job, Environment.CurrentDirectory) with { Workspace = new JobOptions().Workspace };
        using var client = new ApiClient(target);
        SubmissionView done;
        try
        {
            done = await client.SubmitAsync(JobJson.Write(resolved), dryRun, Patience, cancel);
        }
        catch (ApiException e) when (e.Problems.Count > 0)
        {
            throw new JobFileException(e.Problems);
        }

        if (json)
        {
            await context.Output.WriteLineAsync(JsonSerializer.Serialize(done, ApiJson.Options));
            return ExitCode.Success;
        }

        foreach (var note in done.Notes)
        {
            await context.Error.WriteLineAsync($"note: {note}");
        }

        await context.Output.WriteLineAsync(done.Message);
        return ExitCode.Success;
    }
}
