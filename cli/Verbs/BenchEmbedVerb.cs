using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ism.Cli.Benchmarks;
using Ism.Cli.Diagnosis;
using Ism.Cli.Estimation;
using Ism.Evaluation.Reports;
using Ism.Models.Autoencoder;
using Ism.Models.Esm2;
using Ism.Structures;
using TorchSharp;

namespace Ism.Cli.Verbs;

/// <summary>`ism bench embed`: how long an embedding from the sequence alone takes by length, beside one from the structure.</summary>
internal static class BenchEmbedVerb
{
    private const string JsonFile = "embed-runtime.json";
    private const string ChartFile = "embed-runtime.svg";
    private static readonly int[] Usual = [64, 128, 256, 512, 1000];
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create(VerbContext context)
    {
        var model = new Option<string>("--model")
        {
            Description = "Hugging Face ESM folder of the tuned model; first weights of --size when left out (they take as long)",
            HelpName = "FOLDER",
        };
        var size = new Option<string>("--size")
        {
            Description = $"Shape without a model: {string.Join(", ", Esm2Presets.All.Select(p => p.Name))}",
            HelpName = "SIZE",
            DefaultValueFactory = _ => "650M",
        };
        var autoencoder = new Option<string>("--autoencoder")
        {
            Description = "Folder of an atomic autoencoder; first weights of the default shape when left out",
            HelpName = "FOLDER",
        };
        var structures = new Option<string>("--structures")
        {
            Description = "Folder from which files of about these lengths are taken; generated ones when left out",
            HelpName = "FOLDER",
        };
        var lengths = new Option<int[]>("--lengths")
        {
            Description = "Residues",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => Usual,
        };
        var repeats = new Option<int>("--repeats") { Description = "Rounds of which medians are taken", HelpName = "N", DefaultValueFactory = _ => 5 };
        var output = new Option<string>("--out") { Description = $"Folder for {JsonFile} and {ChartFile}", HelpName = "FOLDER" };
        var json = new Option<bool>("--json") { Description = "Print the numbers as JSON" };
        var compute = new TorchArguments();
        var command = new Command("embed", "Time embeddings by length: from the sequence alone, and from the structure.")
        {
            model, size, autoencoder, structures, lengths, repeats, output, json,
        };
        compute.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var wanted = parsed.GetValue(lengths)!.Select(length => Inputs.AtLeastOne("--lengths", length)).Order().ToList();
            var rounds = Inputs.AtLeastOne("--repeats", parsed.GetValue(repeats));
            _ = Shape(parsed.GetValue(size)!);
            var device = compute.Apply(parsed);
            var folder = Directory.CreateTempSubdirectory("ism-bench-").FullName;
            try
            {
                var files = parsed.GetValue(structures) is { } source
                    ? EmbedProteins.Nearest(Inputs.Existing("--structures", source), wanted)
                    : EmbedProteins.Generate(folder, wanted);
                var found = await Task.Run(
                    () => Measure(parsed.GetValue(model), parsed.GetValue(size)!, parsed.GetValue(autoencoder), device, files, rounds, context, cancel),
                    CancellationToken.None);
                if (parsed.GetValue(output) is { } target)
                {
                    Write(target, found);
                }

                Print(context.Output, found, parsed.GetValue(json));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static EmbedTimings Measure(
        string? model, string size, string? autoencoder, torch.Device device, IReadOnlyList<string> files, int repeats, VerbContext context,
        CancellationToken cancel)
    {
        var load = MachineLoad.Now();
        using var language = model is null
            ? Esm2Initialization.Random(Shape(size), 1, device: device)
            : Esm2Checkpoint.Load(Inputs.Existing("--model", model), device: device);
        using var atoms = autoencoder is null
            ? new AtomicAutoencoder(new AutoencoderShape(), 1)
            : AtomicAutoencoder.Load(Inputs.Existing("--autoencoder", autoencoder));
        using var encoder = new EnvironmentEncoder(atoms);
        var finder = new MicroenvironmentFinder(atoms.Shape.Radius, atoms.Shape.MaxAtoms);
        var timings = new EmbedMeasurement(language, encoder, finder).Run(files, repeats, line => context.Error.WriteLine($"embed: {line} …"), cancel);
        return new EmbedTimings(
            MachineFindings.Processor, Environment.ProcessorCount, torch.get_num_threads(), device.type.ToString(),
            $"{language.Config.Layers} layers, width {language.Config.Width}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{atoms.Shape.Layers} layers, width {atoms.Shape.Width}, up to {atoms.Shape.MaxAtoms} atoms within {atoms.Shape.Radius:0.#} Å"),
            repeats, load, timings);
    }

    private static Esm2Config Shape(string size)
    {
        try
        {
            return Esm2Presets.Get(size);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--size {size}: {e.Message}", e);
        }
    }

    private static void Write(string folder, EmbedTimings found)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, JsonFile), Json(found) + "\n");
        Curve[] curves =
        [
            new("sequence alone", [.. found.Timings.Select(t => new CurvePoint(t.Residues, t.Sequence))]),
            new("structure: file, microenvironments, encoder", [.. found.Timings.Select(t => new CurvePoint(t.Residues, t.Structure))]),
            new("sequence and structure", [.. found.Timings.Select(t => new CurvePoint(t.Residues, t.Both))]),
        ];
        File.WriteAllText(Path.Combine(folder, ChartFile), LineDrawing.Svg(curves, "residues", "seconds a protein"));
    }

    private static string Json(EmbedTimings found) => JsonSerializer.Serialize(found, Indented);

    private static void Print(TextWriter output, EmbedTimings found, bool json)
    {
        if (json)
        {
            output.WriteLine(Json(found));
            return;
        }

        output.WriteLine($"{found.Processor}, {found.Threads} threads of {found.Cores} cores; {found.Model} on {found.Device}; encoder {found.Encoder}");
        output.WriteLine($"medians of {found.Repeats}, seconds a protein; predicting a structure is not in it");
        output.WriteLine("residues   atoms  sequence |  reading  environments  encoding  structure |     both  both/sequence");
        foreach (var t in found.Timings)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{t.Residues,8} {t.Atoms,7} {t.Sequence,9:0.0000} | {t.Reading,8:0.0000} {t.Environments,13:0.0000} {t.Encoding,9:0.0000} {t.Structure,10:0.0000} | {t.Both,8:0.0000} {t.Ratio,14:0.00}"));
        }
    }
}
