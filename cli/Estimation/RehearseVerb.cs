using System.CommandLine;
using System.Text.Json;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>`ism rehearse`: a process of `ism estimate` that does the work of one node on a sample. Not for people, so it is not listed.
/// </summary>
internal static class RehearseVerb
{
    public const string Name = "rehearse";

    public static Command Create(VerbContext context)
    {
        var workspace = new Option<string>("--workspace") { Description = "Scratch workspace", HelpName = "FOLDER", Required = true };
        var role = new Option<string>("--role") { Description = "featurizer or trainer", HelpName = "ROLE", Required = true };
        var number = new Option<int>("--number") { Description = "Number within the role, from 0", HelpName = "N", Required = true };
        var command = new Command(Name, "Do the work of one node on a sample (used by `ism estimate`).") { workspace, role, number };
        command.Hidden = true;
        command.SetAction(async (parsed, cancel) =>
        {
            var place = new Workspace(Path.GetFullPath(parsed.GetValue(workspace)!));
            var (plan, which) = (RehearsalPlan.Load(place), parsed.GetValue(number));
            var reading = parsed.GetValue(role) == NodeRoles.Featurizer
                ? JsonSerializer.Serialize(new FeaturizerRehearsal(place, plan, which).Run())
                : JsonSerializer.Serialize(await new TrainerRehearsal(place, plan, which).RunAsync(cancel));
            await context.Output.WriteLineAsync(reading);
            return ExitCode.Success;
        });
        return command;
    }
}
