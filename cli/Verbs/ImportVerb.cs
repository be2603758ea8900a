using System.CommandLine;
using Ism.Models.Esm2;

namespace Ism.Cli.Verbs;

/// <summary>`ism import`: weights made elsewhere, checked and stored as the folder that jobs start from.</summary>
internal static class ImportVerb
{
    public static Command Create(VerbContext context)
    {
        var source = new Option<string>("--from")
        {
            Description = "fair-esm state dict in safetensors, or a Hugging Face ESM folder; pickled files are not read",
            HelpName = "PATH",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "Folder to write", HelpName = "FOLDER", Required = true };
        var heads = new Option<int?>("--heads")
        {
            Description = "Attention heads, where a state dict does not tell",
            HelpName = "N",
        };
        var contact = new Option<string?>("--contact-regression")
        {
            Description = "State dict with the contact head, where it is a file of its own",
            HelpName = "FILE",
        };
        var force = new Option<bool>("--force") { Description = "Write over what is there" };
        var command = new Command("import", "Read ESM2 weights made elsewhere and write the Hugging Face folder that model.from takes.")
        {
            source, output, heads, contact, force,
        };
        command.SetAction(parsed =>
        {
            var from = Inputs.Existing("--from", parsed.GetValue(source)!);
            var target = parsed.GetValue(output)!;
            var regression = parsed.GetValue(contact);
            if (regression is not null)
            {
                Inputs.ExistingFile("--contact-regression", regression);
            }

            Inputs.Replaceable(target, parsed.GetValue(force));
            using var model = Esm2Checkpoint.Load(from, heads: parsed.GetValue(heads), contactRegression: regression);
            SaveFolder(model, from, target);
            context.Output.WriteLine($"{Describe(model)} -> {target}");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Writes the Hugging Face folder, with the structure heads that the source has.</summary>
    internal static void SaveFolder(Esm2Model model, string source, string target)
    {
        var heads = Directory.Exists(source) ? StructureHead.Load(source, model.Config.Width) : [];
        try
        {
            model.SaveHuggingFace(target, heads);
        }
        finally
        {
            heads.ToList().ForEach(h => h.Dispose());
        }
    }

    /// <summary>E.g. "ESM2, 6 layers of width 320 with 20 heads, 7.5 M parameters".</summary>
    internal static string Describe(Esm2Model model) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"ESM2, {model.Config.Layers} layers of width {model.Config.Width} with {model.Config.Heads} heads, {model.Config.ParameterCount / 1e6:0.0} M parameters");
}
