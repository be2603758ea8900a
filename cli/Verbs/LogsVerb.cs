using System.CommandLine;
using System.Globalization;
using Ism.Cli.Remote;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism logs`: what a job has said, or the end of a node's log.</summary>
internal static class LogsVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create(VerbContext context)
    {
        var target = new TargetArguments();
        var node = new Option<string?>("--node") { Description = "A node, e.g. trainer-1; without it, what the job has said", HelpName = "NAME" };
        var tail = new Option<int>("--tail") { Description = "Lines from the end", HelpName = "N", DefaultValueFactory = _ => 50 };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the job has ended" };
        var command = new Command("logs", "Show what a job has said, or the log of one of its nodes.") { node, tail, follow };
        target.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var lines = Inputs.AtLeastOne("--tail", parsed.GetValue(tail));
            var json = parsed.GetValue(target.Json);
            context.Interruption.LooksOnly();
            return parsed.GetValue(node) is { } name
                ? NodeAsync(context, target.Resolve(parsed), name, lines, cancel)
                : EventsAsync(context, () => target.Resolve(parsed, mustRun: false), lines, parsed.GetValue(follow), json, cancel);
        });
        return command;
    }

    private static async Task<int> NodeAsync(VerbContext context, ApiTarget target, string node, int lines, CancellationToken cancel)
    {
        using var client = new ApiClient(target);
        await context.Output.WriteAsync(await client.GetTextAsync($"{client.JobPath}/logs/{Uri.EscapeDataString(node)}?tail={lines}", Patience, cancel));
        return ExitCode.Success;
    }

    private static async Task<int> EventsAsync(
        VerbContext context, Func<ApiTarget> resolve, int lines, bool follow, bool json, CancellationToken cancel)
    {
        var (from, first) = (0L, true);
        while (true)
        {
            using var client = new ApiClient(resolve());
            var state = follow ? (await client.GetAsync<JobView>(client.JobPath, Patience, cancel)).Job : null;
            var text = await client.GetTextAsync(string.Create(CultureInfo.InvariantCulture, $"{client.JobPath}/events?from={from}"), Patience, cancel);
            var events = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            from += events.Length;
            var shown = events.Select(line => (Line: line, Event: RunEvent.TryParse(line, out var happened) ? happened : null))
                .Where(e => e.Event is { Kind: not (RunEventKind.Progress or RunEventKind.Scale) }).ToList();
            foreach (var (line, happened) in first ? shown.TakeLast(lines) : shown)
            {
                await context.Output.WriteLineAsync(json ? line : Text(happened!));
            }

            first = false;
            if (state is null || state.Ended is not null)
            {
                return ExitCode.Success;
            }

            await Task.Delay(LookEvery, cancel);
        }
    }

    private static string Text(RunEvent happened)
    {
        var kind = happened.Kind == RunEventKind.Note ? "" : $"{happened.Kind.ToString().ToLowerInvariant()} ";
        var stage = happened.Stage.Length == 0 ? "" : $"{happened.Stage}: ";
        return string.Create(CultureInfo.InvariantCulture, $"{happened.Time.ToLocalTime():HH:mm:ss} {kind}{stage}{happened.Message}").TrimEnd(' ', ':');
    }
}
