using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ism.Corpus;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Mutations;
using Ism.Models.Autoencoder;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>`ism score`: zero-shot scores of mutations from structures and a model of masked microenvironments.</summary>
internal static class ScoreVerb
{
    public static Command Create(VerbContext context)
    {
        var structures = new Argument<string[]>("STRUCTURES")
        {
            Description = "Folders, .tar or .tar.gz archives, lists (.txt, .list) or files",
            Arity = ArgumentArity.OneOrMore,
        };
        var autoencoder = new Option<string>("--autoencoder")
        {
            Description = "Folder of a trained encoder: MutRank's (mutrank/encoder), one with autoencoder.objective amino-acid (MutComputeX-GT), or an autoencoder",
            HelpName = "FOLDER",
            Required = true,
        };
        var mutations = new Option<string>("--mutations")
        {
            Description = "CSV or TSV with columns pdb_id,wt_seq,mut_info (also ddg) or file,chain,mutation; A12G, places from 1",
            HelpName = "FILE",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "CSV to write: the list with columns score and problem", HelpName = "FILE.csv", Required = true };
        var force = new Option<bool>("--force") { Description = "Write over what is there" };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON" };
        var command = new Command("score", "Score mutations by the residue's surroundings: log p(mutant) - log p(wild type), or with MutRank r(mutant) - r(wild type).")
        {
            structures, autoencoder, mutations, output, force, json,
        };
        command.SetAction(parsed =>
        {
            var target = parsed.GetValue(output)!;
            Inputs.Replaceable(target, parsed.GetValue(force));
            Inputs.MakeFolderOf(target);
            var folder = Inputs.Existing("--autoencoder", parsed.GetValue(autoencoder)!);
            var list = MutationList.Read(Inputs.ExistingFile("--mutations", parsed.GetValue(mutations)!));
            var results = Score(folder, list, [.. StructureSources.List(parsed.GetValue(structures)!)]);
            Write(target, list, results);
            Print(context, target, list, results, parsed.GetValue(json));
            return ExitCode.Success;
        });
        return command;
    }

    private static (double? Score, string Problem)[] Score(string folder, MutationList list, StructureEntry[] entries)
    {
        var results = new (double? Score, string Problem)[list.Lines.Count];
        Array.Fill(results, (null, "there is no structure of this name"));
        var wanted = Enumerable.Range(0, list.Lines.Count).ToLookup(
            i => StructureReader.NameOf(list.Lines[i].Structure), StringComparer.OrdinalIgnoreCase);
        using var model = AtomicAutoencoder.Load(folder);
        using var scorer = new MutationScorer(model);
        foreach (var read in StructureBatch.Read([.. entries.Where(entry => wanted.Contains(entry.Name))], StructureReaderOptions.Default))
        {
            foreach (var i in wanted[read.Entry.Name])
            {
                if (read.Structure is not { } structure)
                {
                    results[i] = (null, read.Refusal!.Message);
                    continue;
                }

                var (chain, mutations, problem) = MutationScorer.Locate(structure, list.Lines[i]);
                results[i] = chain is null ? (null, problem) : (scorer.Score(structure, chain, mutations), "");
            }
        }

        return results;
    }

    private static void Write(string path, MutationList list, (double? Score, string Problem)[] results) => DurableFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', list.Header.Concat(["score", "problem"]).Select(Cell)));
        foreach (var (line, (score, problem)) in list.Lines.Zip(results))
        {
            writer.WriteLine(string.Join(',', line.Fields.Concat([score?.ToString("R", CultureInfo.InvariantCulture) ?? "", problem]).Select(Cell)));
        }
    });

    private static void Print(VerbContext context, string target, MutationList list, (double? Score, string Problem)[] results, bool json)
    {
        var scored = results.Count(r => r.Score is not null);
        var pairs = list.Lines.Zip(results, (line, result) => (result.Score, line.Measured))
            .Where(pair => pair is { Score: not null, Measured: not null }).ToList();
        double? spearman = pairs.Count < 2
            ? null
            : Correlation.Spearman(
                [.. pairs.Select(pair => pair.Score!.Value)], [.. pairs.Select(pair => pair.Measured!.Value)]);
        spearman = spearman is { } value && double.IsFinite(value) ? value : null;
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(new { output = target, mutations = results.Length, scored, measured = pairs.Count, spearman }));
            return;
        }

        if (results.FirstOrDefault(r => r.Score is null).Problem is { Length: > 0 } first)
        {
            context.Error.WriteLine($"{results.Length - scored} of {results.Length} lines have no score, the first because: {first}");
        }

        context.Output.WriteLine($"{scored} of {results.Length} mutations scored"
            + (spearman is { } rho ? string.Create(CultureInfo.InvariantCulture, $", Spearman with ddg {rho:F3} over {pairs.Count}") : "") + $" -> {target}");
    }

    private static string Cell(string text) =>
        text.AsSpan().ContainsAny(',', '"', '\n') ? $"\"{text.ReplaceLineEndings(" ").Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
