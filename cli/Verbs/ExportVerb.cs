using System.CommandLine;
using Ism.Models.Esm2;

namespace Ism.Cli.Verbs;

/// <summary>`ism export`: a model for the programs that use ESM2 today.</summary>
internal static class ExportVerb
{
    private const string HuggingFace = "huggingface";
    private const string FairEsm = "fair-esm";
    private const string FairEsmSafeTensors = "fair-esm-safetensors";

    public static Command Create(VerbContext context)
    {
        var model = new Option<string>("--model")
        {
            Description = "Hugging Face ESM folder (a job's model/), or a fair-esm state dict in safetensors",
            HelpName = "FOLDER",
            Required = true,
        };
        var output = new Option<string>("--out")
        {
            Description = "Folder for huggingface, file for the others",
            HelpName = "PATH",
            Required = true,
        };
        var format = new Option<string>("--format")
        {
            Description = $"{HuggingFace}, {FairEsm} (checkpoint.pth for torch.load), {FairEsmSafeTensors}; "
                + "without it the ending of --out decides: .pth or .pt, .safetensors, else a folder",
            HelpName = "FORMAT",
        };
        format.AcceptOnlyFromAmong(HuggingFace, FairEsm, FairEsmSafeTensors);
        var force = new Option<bool>("--force") { Description = "Write over what is there" };
        var command = new Command("export", "Write a model as a Hugging Face folder or a fair-esm state dict, float32.") { model, output, format, force };
        command.SetAction(parsed =>
        {
            var source = Inputs.Existing("--model", parsed.GetValue(model)!);
            var target = parsed.GetValue(output)!;
            var form = parsed.GetValue(format) ?? FormatOf(target);
            Inputs.Replaceable(target, parsed.GetValue(force));
            using var loaded = Esm2Checkpoint.Load(source);
            Inputs.MakeFolderOf(target);
            switch (form)
            {
                case HuggingFace:
                    ImportVerb.SaveFolder(loaded, source, target);
                    break;
                case FairEsm:
                    loaded.SaveFairEsm(target);
                    break;
                default:
                    loaded.SaveFairEsmSafeTensors(target);
                    break;
            }

            context.Output.WriteLine($"{ImportVerb.Describe(loaded)} -> {target} ({form})");
            return ExitCode.Success;
        });
        return command;
    }

    private static string FormatOf(string target) => Path.GetExtension(target) switch
    {
        ".pth" or ".pt" => FairEsm,
        ".safetensors" => FairEsmSafeTensors,
        _ => HuggingFace,
    };
}
