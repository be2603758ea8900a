using System.CommandLine;
using Ism.Cli.Remote;
using Ism.Cli.Terminal;
using Ism.Coordinator.Api;
using Spectre.Console;

namespace Ism.Cli.Verbs;

/// <summary>`ism watch`: a live view of a job on a terminal, plain lines elsewhere.</summary>
internal static class WatchVerb
{
    private const int PointsOfLoss = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DrawEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    public static Command Create(VerbContext context)
    {
        var target = new TargetArguments();
        var command = new Command("watch", "Watch a job until it ends: stages, nodes, tokens/s, loss, what it says.");
        target.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var onTerminal = !Console.IsOutputRedirected && ReferenceEquals(context.Output, Console.Out)
                && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
            context.Interruption.LooksOnly();
            ApiTarget Resolve() => target.Resolve(parsed, mustRun: false);
            return parsed.GetValue(target.Json) || !onTerminal
                ? SayAsync(context, Resolve, parsed.GetValue(target.Json), cancel)
                : DrawAsync(Resolve, cancel);
        });
        return command;
    }

    private static async Task<int> SayAsync(VerbContext context, Func<ApiTarget> resolve, bool json, CancellationToken cancel)
    {
        var lines = new WatchLines();
        string? job = null;
        while (true)
        {
            var (view, problem) = await LookAsync(resolve, job, cancel);
            job ??= view?.Job.Id;
            var said = view is null ? lines.Away(problem!) : json ? [System.Text.Json.JsonSerializer.Serialize(view, ApiJson.Options)] : lines.Of(view);
            foreach (var line in said)
            {
                await (view is null ? context.Error : context.Output).WriteLineAsync(line);
            }

            if (view?.Job.Ended is not null)
            {
                return Code(view);
            }

            await Task.Delay(SayEvery, cancel);
        }
    }

    private static async Task<int> DrawAsync(Func<ApiTarget> resolve, CancellationToken cancel)
    {
        JobView? view = null;
        IReadOnlyList<StepView> steps = [];
        await AnsiConsole.Live(new Text("asking a coordinator …")).AutoClear(false).StartAsync(async live =>
        {
            live.Refresh();
            while (view?.Job.Ended is null)
            {
                var (now, problem) = await LookAsync(resolve, view?.Job.Id, cancel);
                if (now is not null)
                {
                    steps = await StepsAsync(resolve, now, steps, cancel);
                }

                view = now ?? view;
                live.UpdateTarget(view is null ? new Text(problem!) : WatchScreen.Of(
                    view, steps, problem, DateTimeOffset.UtcNow, AnsiConsole.Profile.Width, AnsiConsole.Profile.Height));
                await Task.Delay(DrawEvery, cancel);
            }
        });
        return Code(view!);
    }

    // The job that is watched stays the same one when the next of the queue begins.
    private static async Task<(JobView? View, string? Problem)> LookAsync(Func<ApiTarget> resolve, string? job, CancellationToken cancel)
    {
        try
        {
            using var client = new ApiClient(job is null ? resolve() : resolve() with { Job = job });
            return (await client.GetAsync<JobView>(client.JobPath, Patience, cancel), null);
        }
        catch (ApiException e) when (!e.Answered)
        {
            // A coordinator that comes back leaves another address.
            return (null, e.Message);
        }
    }

    private static async Task<IReadOnlyList<StepView>> StepsAsync(
        Func<ApiTarget> resolve, JobView view, IReadOnlyList<StepView> known, CancellationToken cancel)
    {
        if (view.Training is not { } newest)
        {
            return [];
        }

        try
        {
            using var client = new ApiClient(resolve() with { Job = view.Job.Id });
            return await client.GetAsync<StepView[]>(
                $"{client.JobPath}/steps?stage={Uri.EscapeDataString(newest.Stage)}&points={PointsOfLoss}", Patience, cancel);
        }
        catch (ApiException e) when (!e.Answered)
        {
            return known;
        }
    }

    private static int Code(JobView view) => view.Job.State == "complete" ? ExitCode.Success : ExitCode.Failed;
}
