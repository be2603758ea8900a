using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Verification;

namespace Ism.Cli.Verbs;

/// <summary>`ism verify WORKSPACE`: what a finished job promises, checked from outside.</summary>
internal static class VerifyVerb
{
    public static Command Create(VerbContext context)
    {
        var workspace = new Argument<string>("WORKSPACE") { Description = "Workspace of a finished job" };
        var against = new Option<string?>("--against")
        {
            Description = "Workspace of an undisturbed run of the same job, whose loss curve must be the same up to rounding",
            HelpName = "WORKSPACE",
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Largest relative difference of a step's loss that is taken for rounding",
            DefaultValueFactory = _ => RunVerifier.Tolerance,
        };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON" };
        var command = new Command(
            "verify",
            "Check a finished job from outside: every structure once, every step's samples as prescribed, the ledger true, checkpoints whole.")
        {
            workspace, against, tolerance, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var findings = await RunVerifier.CheckAsync(
                parsed.GetValue(workspace)!, parsed.GetValue(against), parsed.GetValue(tolerance), cancel);
            return Print(context, findings, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Prints findings; the exit code says whether all hold.</summary>
    internal static int Print(VerbContext context, IReadOnlyList<Finding> findings, bool json)
    {
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(
                findings.Select(f => new { what = f.What, holds = f.Holds, detail = f.Detail })));
        }
        else
        {
            foreach (var finding in findings)
            {
                context.Output.WriteLine($"{(finding.Holds ? "holds " : "BROKEN")}  {finding.What}{(finding.Detail.Length > 0 ? $": {finding.Detail}" : "")}");
            }
        }

        return findings.All(f => f.Holds) ? ExitCode.Success : ExitCode.Failed;
    }
}
