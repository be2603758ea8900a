using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Verbs;

/// <summary>`ism synth`: a folder of generated proteins.</summary>
internal static class SynthVerb
{
    public static Command Create(VerbContext context)
    {
        var defaults = new SynthesisOptions();
        var output = new Option<string>("--out") { Description = "Folder to write the mmCIF files to", HelpName = "FOLDER", Required = true };
        var count = Number("--count", "How many proteins", 200);
        var seed = new Option<long>("--seed") { Description = "Names the collection", HelpName = "N", DefaultValueFactory = _ => 1 };
        var shortest = Number("--min-length", "Fewest residues of the folded part", defaults.MinLength);
        var longest = Number("--max-length", "Most residues of the folded part", defaults.MaxLength);
        var experimental = new Option<bool>("--experimental")
        {
            Description = "Like experimental entries, with B-factors, instead of predicted models with pLDDT and disordered ends",
        };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON" };
        var command = new Command("synth", "Generate plausible proteins to try things with: helices, strands and loops, full side chains.")
        {
            output, count, seed, shortest, longest, experimental, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetValue(output)!;
            if (File.Exists(folder))
            {
                throw new UsageException($"--out {folder}: is a file; name a folder");
            }

            var proteins = Inputs.AtLeastOne("--count", parsed.GetValue(count));
            var options = new SynthesisOptions
            {
                MinLength = parsed.GetValue(shortest),
                MaxLength = parsed.GetValue(longest),
                Predicted = !parsed.GetValue(experimental),
            };
            var clock = Stopwatch.StartNew();
            await using (var display = ProgressDisplay.Create(context.Error))
            {
                var task = display.Begin("synth", proteins, "proteins");
                await Task.Run(() => Write(folder, proteins, parsed.GetValue(seed), options, task, cancellation), CancellationToken.None);
                task.Finish();
            }

            context.Output.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { output = folder, proteins, seconds = clock.Elapsed.TotalSeconds })
                : $"{proteins} proteins -> {folder}");
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(string folder, int count, long seed, SynthesisOptions options, IProgressTask task, CancellationToken cancellation)
    {
        try
        {
            SyntheticCorpus.Write(folder, count, seed, options, new Reports(task), cancellation);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--min-length, --max-length: {e.Message}", e);
        }
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };

    private sealed class Reports(IProgressTask task) : IProgress<int>
    {
        public void Report(int value) => task.Report(value);
    }
}
