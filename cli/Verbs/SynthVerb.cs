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
        var alignments = new Option<string>("--alignments")
        {
            Description = "Write an alignment of each protein's generated relatives (A3M) to this folder as well, for mutrank.alignments",
            HelpName = "FOLDER",
        };
        var sequences = Number("--sequences", "Relatives in an alignment", 64);
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON" };
        var command = new Command("synth", "Generate plausible proteins to try things with: helices, strands and loops, full side chains.")
        {
            output, count, seed, shortest, longest, experimental, alignments, sequences, json,
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
            var aligned = parsed.GetValue(alignments) is { Length: > 0 } place
                ? new AlignmentSynthesis(place, Inputs.AtLeastOne("--sequences", parsed.GetValue(sequences)))
                : null;
            if (aligned is not null && File.Exists(aligned.Folder))
            {
                throw new UsageException($"--alignments {aligned.Folder}: is a file; name a folder");
            }

            var clock = Stopwatch.StartNew();
            await using (var display = ProgressDisplay.Create(context.Error))
            {
                var task = display.Begin("synth", proteins, "proteins");
                await Task.Run(() => Write(folder, proteins, parsed.GetValue(seed), options, aligned, task, cancellation), CancellationToken.None);
                task.Finish();
            }

            context.Output.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { output = folder, proteins, alignments = aligned?.Folder, seconds = clock.Elapsed.TotalSeconds })
                : $"{proteins} proteins -> {folder}" + (aligned is null ? "" : $", alignments of {aligned.Sequences + 1} sequences -> {aligned.Folder}"));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(string folder, int count, long seed, SynthesisOptions options, AlignmentSynthesis? alignments, IProgressTask task, CancellationToken cancellation)
    {
        try
        {
            SyntheticCorpus.Write(folder, count, seed, options, new Reports(task), cancellation, alignments);
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
