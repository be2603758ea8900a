using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Slurm;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism status|pause|resume|checkpoint|cancel|scale`: a word to a running job.</summary>
internal static class ControlVerbs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckpointPatience = TimeSpan.FromMinutes(30);

    public static IEnumerable<Command> Create(VerbContext context) =>
    [
        Simple(context, JobCommandKind.Status, "status", "Say where a running job stands."),
        Simple(context, JobCommandKind.Pause, "pause", "Let a running job stop after the step it is in; all nodes stay, nothing is lost."),
        Simple(context, JobCommandKind.Resume, "resume", "Let a paused job go on."),
        Simple(context, JobCommandKind.Checkpoint, "checkpoint", "Have a checkpoint written at the next step, and wait for it."),
        Simple(context, JobCommandKind.Cancel, "cancel", "End a running job; what it has made stays in the workspace, and it can be run again."),
        Scale(context),
    ];

    private static Command Simple(VerbContext context, JobCommandKind kind, string name, string description)
    {
        var (workspace, json) = Options();
        var command = new Command(name, description) { workspace, json };
        command.SetAction((parsed, cancel) => SendAsync(
            context, parsed.GetValue(workspace), new JobCommand(kind, "", 0, By()), parsed.GetValue(json), cancel));
        return command;
    }

    private static Command Scale(VerbContext context)
    {
        var role = new Argument<string>("ROLE") { Description = "trainers or featurizers" };
        role.AcceptOnlyFromAmong("trainers", "featurizers");
        var count = new Argument<int>("N") { Description = "How many of them" };
        var (workspace, json) = Options();
        var command = new Command(
            "scale", "Run more or fewer trainers or featurizers from now on (of a job started by `ism run` or `ism slurm`).") { role, count, workspace, json };
        command.SetAction((parsed, cancel) => SendAsync(
            context,
            parsed.GetValue(workspace),
            new JobCommand(JobCommandKind.Scale, parsed.GetValue(role)!.TrimEnd('s'), Inputs.AtLeastOne("N", parsed.GetValue(count)), By()),
            parsed.GetValue(json),
            cancel));
        return command;
    }

    private static (Option<string?> Workspace, Option<bool> Json) Options() => (
        new Option<string?>("--workspace")
        {
            Description = "Workspace of the job; without it, the current folder or the only running job below runs/",
            HelpName = "FOLDER",
        },
        new Option<bool>("--json") { Description = "Print the answer as JSON" });

    private static string By() => $"{Environment.UserName}@{Environment.MachineName}";

    private static async Task<int> SendAsync(VerbContext context, string? folder, JobCommand command, bool json, CancellationToken cancel)
    {
        var workspace = RunningWorkspaces.Find(folder, Environment.CurrentDirectory);
        var patience = command.Kind == JobCommandKind.Checkpoint ? CheckpointPatience : Patience;
        var answer = await ControlClient.AskAsync(workspace, command, patience, cancel);
        if (json)
        {
            await context.Output.WriteLineAsync(JsonSerializer.Serialize(
                new { done = answer.Done, message = answer.Message, workspace }));
        }
        else
        {
            await (answer.Done ? context.Output : context.Error).WriteLineAsync(answer.Done ? answer.Message : $"ism: {answer.Message}");
        }

        if (answer.Done)
        {
            await SlurmScaling.FollowAsync(context, workspace, command, cancel);
        }

        return answer.Done ? ExitCode.Success : ExitCode.Failed;
    }
}
