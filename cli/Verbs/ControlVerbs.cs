using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Remote;
using Ism.Cli.Slurm;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism pause|resume|checkpoint|cancel|scale`: a word to a job.</summary>
internal static class ControlVerbs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OfOneCoordinator = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan CheckpointPatience = TimeSpan.FromMinutes(30);

    public static IEnumerable<Command> Create(VerbContext context) =>
    [
        Simple(context, JobCommandKind.Pause, "pause", "Let a running job stop after the step it is in; all nodes stay, nothing is lost."),
        Simple(context, JobCommandKind.Resume, "resume", "Let a paused job go on."),
        Simple(context, JobCommandKind.Checkpoint, "checkpoint", "Have a checkpoint written at the next step, and wait for it."),
        Simple(context, JobCommandKind.Cancel, "cancel", "End a job, or take it out of the queue; what it has made stays, and it can be run again."),
        Scale(context),
    ];

    private static Command Simple(VerbContext context, JobCommandKind kind, string name, string description)
    {
        var target = new TargetArguments();
        var command = new Command(name, description);
        target.AddTo(command);
        command.SetAction((parsed, cancel) => SendAsync(
            context, target.Resolve(parsed), new JobCommand(kind, "", 0, By()), parsed.GetValue(target.Json), cancel));
        return command;
    }

    private static Command Scale(VerbContext context)
    {
        var role = new Argument<string>("ROLE") { Description = "trainers or featurizers" };
        role.AcceptOnlyFromAmong("trainers", "featurizers");
        var count = new Argument<int>("N") { Description = "How many of them" };
        var target = new TargetArguments();
        var command = new Command(
            "scale", "Run more or fewer trainers or featurizers from now on (where `ism run`, `ism serve` or `ism slurm` started them).") { role, count };
        target.AddTo(command);
        command.SetAction((parsed, cancel) => SendAsync(
            context,
            target.Resolve(parsed),
            new JobCommand(JobCommandKind.Scale, parsed.GetValue(role)!.TrimEnd('s'), Inputs.AtLeastOne("N", parsed.GetValue(count)), By()),
            parsed.GetValue(target.Json),
            cancel));
        return command;
    }

    private static string By() => $"{Environment.UserName}@{Environment.MachineName}";

    private static async Task<int> SendAsync(VerbContext context, ApiTarget target, JobCommand command, bool json, CancellationToken cancel)
    {
        var answer = await AskAsync(target, command, cancel);
        if (json)
        {
            await context.Output.WriteLineAsync(JsonSerializer.Serialize(
                new { done = answer.Done, message = answer.Message, workspace = target.Workspace }, ApiJson.Options));
        }
        else
        {
            await (answer.Done ? context.Output : context.Error).WriteLineAsync(answer.Done ? answer.Message : $"ism: {answer.Message}");
        }

        if (answer.Done && target.Workspace is { } workspace)
        {
            await SlurmScaling.FollowAsync(context, workspace, command, cancel);
        }

        return answer.Done ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task<CommandView> AskAsync(ApiTarget target, JobCommand command, CancellationToken cancel)
    {
        var isLong = command.Kind == JobCommandKind.Checkpoint;
        if (target.Workspace is { } workspace && (target.Urls.Count == 0 || isLong))
        {
            return await AskMembersAsync(workspace, command, cancel);
        }

        using var client = new ApiClient(target);
        object? body = command.Kind == JobCommandKind.Scale ? new ScaleRequest(command.Role, command.Count) : null;
        try
        {
            var patience = isLong ? CheckpointPatience : target.Workspace is null ? Patience : OfOneCoordinator;
            var answer = await client.TellAsync(command.Kind.ToString().ToLowerInvariant(), body, patience, cancel);
            if (answer.Done || target.Workspace is null)
            {
                return answer;
            }
        }
        catch (ApiException) when (target.Workspace is not null)
        {
            // The way past the API is there when no API is: its coordinator may have died, and another be on its way.
        }

        return await AskMembersAsync(target.Workspace, command, cancel);
    }

    private static async Task<CommandView> AskMembersAsync(string workspace, JobCommand command, CancellationToken cancel)
    {
        var patience = command.Kind == JobCommandKind.Checkpoint ? CheckpointPatience : Patience;
        var answer = await ControlClient.AskAsync(workspace, command, patience, cancel);
        return new CommandView(answer.Done, answer.Message);
    }
}
