using System.CommandLine;
using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism config`: the job that a file and overrides give, every default included.</summary>
internal static class ConfigVerb
{
    public static Command Create(VerbContext context)
    {
        var job = new JobArguments(fileNeeded: false);
        var json = new Option<bool>("--json") { Description = "Print JSON, the form of job.json" };
        var bare = new Option<bool>("--bare") { Description = "Leave the comments out" };
        var command = new Command(
            "config",
            "Print a job as it will be run: defaults, variant, file and overrides laid over each other.");
        job.AddTo(command);
        command.Add(json);
        command.Add(bare);
        command.SetAction(parsed =>
        {
            var file = job.Load(parsed);
            context.Output.Write(parsed.GetValue(json)
                ? JobJson.Write(file.Job) + "\n"
                : JobYaml.Write(file, documented: !parsed.GetValue(bare)));
            return ExitCode.Success;
        });
        return command;
    }
}
