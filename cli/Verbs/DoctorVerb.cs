using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ism.Cli.Diagnosis;

namespace Ism.Cli.Verbs;

/// <summary>`ism doctor`: what this machine has and lacks. Exit code 1 when something needed is missing.</summary>
internal static class DoctorVerb
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create(VerbContext context)
    {
        var workspace = new Option<string>("--workspace")
        {
            Description = "Folder that jobs would write to",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "runs",
        };
        var json = new Option<bool>("--json") { Description = "Print a JSON list of findings" };
        var command = new Command("doctor", "Look at this machine: what ISM needs, what is there, what is missing.") { workspace, json };
        command.SetAction(parsed =>
        {
            // In this order: torch loads its libraries, and what is missing depends on whether there are GPUs.
            List<Finding> findings = [.. MachineFindings.Find(), .. TorchFindings.Find(), .. GpuFindings.Driver(out var gpus)];
            findings.AddRange(LibraryFindings.Find(gpus));
            findings.Add(GpuFindings.Nccl(gpus));
            findings.AddRange(PlaceFindings.Find(parsed.GetValue(workspace)!));
            context.Output.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(findings, Json) : Text(findings));
            return findings.Any(f => f.State == FindingState.Missing) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static string Text(IReadOnlyList<Finding> findings)
    {
        var lines = new List<string>();
        foreach (var finding in findings)
        {
            var mark = finding.State switch { FindingState.Ok => "ok", FindingState.Warning => "warning", _ => "MISSING" };
            lines.Add($"{mark,-8}{finding.Name,-14}{finding.Value}");
            if (finding.Advice.Length > 0)
            {
                lines.Add($"{"",-22}-> {finding.Advice}");
            }
        }

        var missing = findings.Count(f => f.State == FindingState.Missing);
        lines.Add(missing == 0 ? "everything needed is here" : $"{missing} thing(s) needed are missing");
        return string.Join(Environment.NewLine, lines);
    }
}
