using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Terminal;
using Ism.Evaluation.Features;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Probes;
using Ism.Evaluation.Tasks;

namespace Ism.Cli.Verbs;

/// <summary>`ism eval`: how well models' representations do in a task, with intervals and paired differences.</summary>
internal static class EvalVerb
{
    public static Command Create(VerbContext context)
    {
        var task = new Argument<string>("TASK") { Description = string.Join(", ", EvaluationTasks.Names) };
        var models = new Option<string[]>("--model")
        {
            Description = "Hugging Face ESM folder or fair-esm state dict in safetensors; several are compared with the first",
            HelpName = "FOLDER",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var names = new Option<string[]>("--name")
        {
            Description = "What tables call the models, in their order; their folders' names when left out",
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<string?>("--out") { Description = "Folder for report.html, plots, per-protein.csv and results.json", HelpName = "FOLDER" };
        var cache = new Option<string?>("--cache") { Description = "Keep features here from one evaluation to the next", HelpName = "FOLDER" };
        var hidden = new Option<int>("--hidden") { Description = "Width of a hidden layer of the probe; 0: linear (whole proteins: 512)" };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the training data", DefaultValueFactory = _ => new ProbeOptions().Epochs };
        var seed = new Option<int>("--seed") { Description = "Of split, probe and resamples", DefaultValueFactory = _ => 1 };
        var resamples = new Option<int>("--resamples") { Description = "Bootstrap resamples of the test proteins", DefaultValueFactory = _ => 1000 };
        var convention = new Option<string>("--convention")
        {
            Description = "Contacts: esm (by range at L, L/2, L/5) or tape (all from 6 apart, at L/5)",
            DefaultValueFactory = _ => "esm",
        };
        var json = new Option<bool>("--json") { Description = "Print the results as JSON" };
        var proteins = new EvalArguments();
        var torch = new TorchArguments();
        var command = new Command("eval", "Evaluate frozen representations of models in a task (docs/evaluation.md).")
        {
            task, models, names, output, cache, hidden, epochs, seed, resamples, convention, json,
        };
        proteins.AddTo(command);
        torch.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = parsed.GetValue(task)!;
            if (!EvaluationTasks.Names.Contains(name))
            {
                throw new UsageException($"there is no task '{name}'; there are {string.Join(", ", EvaluationTasks.Names)}");
            }

            string[] paths = [.. parsed.GetValue(models)!.Select(path => Inputs.Existing("--model", path))];
            var called = parsed.GetValue(names) is { Length: > 0 } given ? given : EvaluatedModel.NamesOf(paths);
            if (called.Length != paths.Length || called.Distinct().Count() != paths.Length)
            {
                throw new UsageException($"--name: {paths.Length} different names are needed for {paths.Length} models; there are {string.Join(", ", called)}");
            }

            var counting = parsed.GetValue(convention) switch
            {
                "esm" => ContactConvention.Esm,
                "tape" => ContactConvention.Tape,
                var other => throw new UsageException($"--convention {other}: use esm or tape"),
            };
            var number = parsed.GetValue(seed) is >= 0 and var s ? (ulong)s : throw new UsageException($"--seed {parsed.GetValue(seed)}: must be 0 or more");
            var bootstrap = new Bootstrap(Inputs.AtLeastOne("--resamples", parsed.GetValue(resamples)), number);
            var probe = new ProbeOptions
            {
                Hidden = parsed.GetValue(hidden) is >= 0 and var width ? width : throw new UsageException($"--hidden {parsed.GetValue(hidden)}: must be 0 or more"),
                Epochs = Inputs.AtLeastOne("--epochs", parsed.GetValue(epochs)),
                Seed = number,
            };
            var device = torch.Apply(parsed);
            void Note(string line) => context.Error.WriteLine($"note: {line}");
            var files = proteins.FilesOf(parsed);
            var (data, said, identity) = proteins.Read(parsed, name, files, number, Note);
            context.Error.WriteLine(said);

            var scores = new List<ModelScores>();
            await using (var display = ProgressDisplay.Create(context.Error))
            {
                foreach (var (path, title) in paths.Zip(called))
                {
                    var bar = display.Begin(title, 0);
                    var options = new TaskOptions
                    {
                        Probe = probe,
                        Features = new FeatureOptions { CacheFolder = parsed.GetValue(cache) },
                        Progress = (what, done, of) => bar.Report(done, of, what),
                        Note = Note,
                    };
                    using var model = new EvaluatedModel(title, path, device);
                    scores.Add(await Task.Run(() => EvaluationTasks.Run(name, model, data, files, options, counting, cancellation), CancellationToken.None));
                    bar.Finish();
                }
            }

            Report(context, EvaluationTable.Of(name, scores, bootstrap), scores, said, identity, parsed.GetValue(output), parsed.GetValue(json));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Report(
        VerbContext context, EvaluationTable table, List<ModelScores> scores, string said, double? identity, string? folder, bool json)
    {
        var text = JsonSerializer.Serialize(new
        {
            task = table.Task,
            proteins = table.Proteins,
            split = said,
            largestIdentity = identity,
            results = table.Rows.Select(r => new { model = r.Model, metric = r.Metric, value = Finite(r.Estimate.Value), low = Finite(r.Estimate.Low), high = Finite(r.Estimate.High) }),
            differences = table.Differences.Select(d => new
            {
                model = d.Model,
                than = d.Than,
                metric = d.Metric,
                value = Finite(d.Estimate.Value),
                low = Finite(d.Estimate.Low),
                high = Finite(d.Estimate.High),
            }),
        });
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "results.json"), text + "\n");
            File.WriteAllText(Path.Combine(folder, "per-protein.csv"), EvaluationTable.Csv(scores));
            EvaluationPage.Write(folder, table, $"{said}. Intervals are 95 % over resamples of the {table.Proteins} test proteins.");
        }

        context.Output.WriteLine(json ? text : Table(table));
    }

    private static string Table(EvaluationTable table)
    {
        var widest = table.Rows.Max(r => r.Model.Length) + 2;
        var metrics = table.Rows.Max(r => r.Metric.Length) + 2;
        var lines = table.Rows.Select(r =>
            $"{r.Model.PadRight(widest)}{r.Metric.PadRight(metrics)}{EvaluationPage.Value(r.Estimate.Value),7}  ({EvaluationPage.Interval(r.Estimate)})");
        var differences = table.Differences.Select(d => $"{d.Model} - {d.Than}  {d.Metric.PadRight(metrics)}"
            + $"{EvaluationPage.Value(d.Estimate.Value),7}  ({EvaluationPage.Interval(d.Estimate)}){(d.Estimate.ExcludesZero ? "  *" : "")}");
        return string.Join(Environment.NewLine, [$"{table.Task}, {table.Proteins} test proteins, 95 % intervals", .. lines, .. differences]);
    }

    // JSON has no NaN.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
