using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Models.Esm2;

namespace Ism.Cli.Verbs;

/// <summary>`ism embed`: representations, logits, contacts and structure tokens of the sequences of a FASTA file.</summary>
internal static class EmbedVerb
{
    public static Command Create(VerbContext context)
    {
        var model = new Option<string>("--model")
        {
            Description = "Hugging Face ESM folder, or a fair-esm state dict in safetensors",
            HelpName = "FOLDER",
            Required = true,
        };
        var fasta = new Option<string>("--fasta") { Description = "Sequences, plain or .gz", HelpName = "FILE", Required = true };
        var output = new Option<string>("--out")
        {
            Description = "Tensors <record id>/<kind>, one row a residue, float32",
            HelpName = "FILE.safetensors",
            Required = true,
        };
        var include = new Option<string>("--include")
        {
            Description = "Any of representation,logits,contacts,structure-tokens,structure-features,layers",
            HelpName = "KINDS",
            DefaultValueFactory = _ => "representation",
        };
        var batch = new Option<int>("--tokens-per-batch")
        {
            Description = "Tokens in one forward pass; bounds memory",
            HelpName = "N",
            DefaultValueFactory = _ => new EmbedOptions().TokensPerBatch,
        };
        var longest = new Option<int>("--max-length")
        {
            Description = "Longest sequence accepted, in residues",
            HelpName = "N",
            DefaultValueFactory = _ => new EmbedOptions().MaxLength,
        };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON" };
        var torch = new TorchArguments();
        var command = new Command("embed", "Embed the sequences of a FASTA file with an ESM2.")
        {
            model, fasta, output, include, batch, longest, json,
        };
        torch.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new EmbedOptions
            {
                Include = Kinds(parsed.GetValue(include)!),
                TokensPerBatch = Inputs.AtLeastOne("--tokens-per-batch", parsed.GetValue(batch)),
                MaxLength = Inputs.AtLeastOne("--max-length", parsed.GetValue(longest)),
            };
            var sequences = Inputs.ExistingFile("--fasta", parsed.GetValue(fasta)!);
            var weights = Inputs.Existing("--model", parsed.GetValue(model)!);
            var target = parsed.GetValue(output)!;
            Inputs.MakeFolderOf(target);
            var device = torch.Apply(parsed);

            var clock = Stopwatch.StartNew();
            using var embedder = Esm2Embedder.Open(weights, device);
            EmbedProgress done;
            await using (var display = ProgressDisplay.Create(context.Error))
            {
                var task = display.Begin("embed", 0, "residues");
                done = await Task.Run(() => Embed(embedder, sequences, target, options, task, cancellation), CancellationToken.None);
                task.Finish($"{done.Records} sequences");
            }

            context.Output.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { output = target, records = done.Records, residues = done.Residues, seconds = clock.Elapsed.TotalSeconds })
                : $"{done.Records} sequences, {done.Residues} residues -> {target}");
            return ExitCode.Success;
        });
        return command;
    }

    private static EmbedProgress Embed(
        Esm2Embedder embedder, string fasta, string output, EmbedOptions options, IProgressTask task, CancellationToken cancellation)
    {
        try
        {
            return embedder.Embed(fasta, output, options, new Reports(task), cancellation);
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            // Asked for what the model has no head for.
            throw new UsageException($"--include: {e.Message}", e);
        }
    }

    private static Embeddings Kinds(string list)
    {
        try
        {
            return EmbedOptions.Parse(list);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--include {list}: {e.Message}", e);
        }
    }

    private sealed class Reports(IProgressTask task) : IProgress<EmbedProgress>
    {
        public void Report(EmbedProgress value) =>
            task.Report(value.Residues, value.TotalResidues, $"{value.Records}/{value.TotalRecords} sequences");
    }
}
