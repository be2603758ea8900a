using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Ism.Cli.Remote;
using Ism.Coordinator.Api;

namespace Ism.Cli.Verbs;

/// <summary>`ism status`: where a job stands, and `ism jobs`: all that there are.</summary>
internal static class StatusVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OfOneCoordinator = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(0.5);

    public static IEnumerable<Command> Create(VerbContext context) => [Status(context), Jobs(context)];

    /// <summary>Asks until the job itself answers, not only the files that it left: it may be on its way to another coordinator.</summary>
    /// <exception cref="ApiException">Nobody answered in time.</exception>
    internal static async Task<JobView> ViewAsync(Func<ApiTarget> resolve, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = new ApiClient(resolve());
                var view = await client.GetAsync<JobView>(client.JobPath, OfOneCoordinator, cancel);
                if (view.Live || view.Job.State != "current" || clock.Elapsed > Patience)
                {
                    return view;
                }
            }
            catch (ApiException e) when (!e.Answered && clock.Elapsed < Patience)
            {
                // A coordinator that comes back leaves another address.
            }

            await Task.Delay(AskEvery, cancel);
        }
    }

    private static Command Status(VerbContext context)
    {
        var target = new TargetArguments();
        var command = new Command("status", "Say where a job stands: stages, nodes, steps, what it said last.");
        target.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var view = await ViewAsync(() => target.Resolve(parsed), cancel);
            await context.Output.WriteLineAsync(parsed.GetValue(target.Json)
                ? JsonSerializer.Serialize(
                    new { done = true, message = StatusText.State(view), workspace = target.Resolve(parsed).Workspace, status = view }, ApiJson.Options)
                : StatusText.Of(view, DateTimeOffset.UtcNow));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Jobs(VerbContext context)
    {
        var target = new TargetArguments(hasJob: false);
        var command = new Command("jobs", "List the jobs of a cluster in the order of its queue.");
        target.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = new ApiClient(target.Resolve(parsed));
            var jobs = await client.GetAsync<JobSummary[]>("jobs", Patience, cancel);
            await context.Output.WriteLineAsync(parsed.GetValue(target.Json)
                ? JsonSerializer.Serialize(jobs, ApiJson.Options)
                : StatusText.Of(jobs));
            return ExitCode.Success;
        });
        return command;
    }
}
