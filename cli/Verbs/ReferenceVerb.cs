using System.CommandLine;
using Ism.Cli.Reference;

namespace Ism.Cli.Verbs;

/// <summary>`ism reference`: the configuration reference, as it stands in docs/configuration.md.</summary>
internal static class ReferenceVerb
{
    public static Command Create(VerbContext context)
    {
        var command = new Command("reference", "Print the reference of all settings, variables and options, in Markdown.") { Hidden = true };
        command.SetAction(_ =>
        {
            context.Output.Write(ConfigurationPage.Write(CommandLine.Create(context)));
            return ExitCode.Success;
        });
        return command;
    }
}
