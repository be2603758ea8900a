using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>`ism tokenize`: structure tokens of structures, with an autoencoder and a codebook at hand, in one process.</summary>
internal static class TokenizeVerb
{
    public static Command Create(VerbContext context)
    {
        var structures = new Argument<string[]>("STRUCTURES")
        {
            Description = "Folders, .tar or .tar.gz archives, lists (.txt, .list) or files",
            Arity = ArgumentArity.OneOrMore,
        };
        var autoencoder = new Option<string>("--autoencoder") { Description = "Folder of a trained autoencoder", HelpName = "FOLDER", Required = true };
        var codebook = new Option<string>("--codebook") { Description = "Folder of the codebook made with it", HelpName = "FOLDER", Required = true };
        var output = new Option<string>("--out") { Description = "Token file to write (Arrow IPC)", HelpName = "FILE.arrow", Required = true };
        var minLength = new Option<int>("--min-length")
        {
            Description = "Shorter chains are left out",
            HelpName = "RESIDUES",
            DefaultValueFactory = _ => StructureReaderOptions.Default.MinLength,
        };
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON" };
        var force = new Option<bool>("--force") { Description = "Write over what is there" };
        var command = new Command("tokenize", "Write the structure tokens of structures, with an autoencoder and a codebook from a run.")
        {
            structures, autoencoder, codebook, output, minLength, json, force,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var target = parsed.GetValue(output)!;
            Inputs.Replaceable(target, parsed.GetValue(force));
            Inputs.MakeFolderOf(target);
            var encoder = Inputs.Existing("--autoencoder", parsed.GetValue(autoencoder)!);
            var book = Inputs.Existing("--codebook", parsed.GetValue(codebook)!);
            var entries = StructureSources.List(parsed.GetValue(structures)!).ToList();
            var reading = new StructureReaderOptions { MinLength = Inputs.AtLeastOne("--min-length", parsed.GetValue(minLength)) };
            var summary = await RunAsync(context, entries, reading, encoder, book, target, cancel);
            Print(context, target, summary, parsed.GetValue(json));
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<TokenFileSummary> RunAsync(
        VerbContext context, List<StructureEntry> entries, StructureReaderOptions reading, string encoder, string codebook,
        string target, CancellationToken cancel)
    {
        await using var display = ProgressDisplay.Create(context.Error);
        var task = display.Begin("tokenize", entries.Count, "structures");
        using var cache = new EncoderCache();
        var tokeniser = new Tokeniser(reading, cache);
        var catalogue = Catalogue.Create(entries, entries.Count);
        var summary = tokeniser.Run(catalogue, 0, encoder, codebook, target, done => task.Report(done), cancel);
        task.Finish();
        return summary;
    }

    private static void Print(VerbContext context, string target, TokenFileSummary summary, bool json)
    {
        using var file = TokenFile.Open(target);
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(new
            {
                file = target,
                sha256 = summary.Sha256,
                structures = summary.Structures,
                chains = summary.Chains,
                residues = summary.Residues,
                quarantined = file.Quarantine.Select(q => new { name = q.Name, reason = q.Reason, message = q.Message }),
            }));
            return;
        }

        foreach (var refused in file.Quarantine)
        {
            context.Error.WriteLine($"refused: {refused.Message}");
        }

        context.Output.WriteLine($"{summary.Structures} structures, {summary.Chains} chains, {summary.Residues} residues, "
            + $"{summary.Quarantined} refused -> {target}");
    }
}
