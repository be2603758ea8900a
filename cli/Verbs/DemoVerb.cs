using System.CommandLine;
using System.Reflection;
using Ism.Cli.Jobs;
using Ism.Cli.Storage;
using Ism.Cli.Terminal;
using Ism.Protocol.Jobs;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Verbs;

/// <summary>`ism demo`: generated proteins, a real local cluster, the whole way to a report, in minutes.</summary>
internal static class DemoVerb
{
    private const int TrainCount = 240;
    private const int HeldoutCount = 48;

    public static Command Create(VerbContext context)
    {
        var folder = new Option<string>("--out")
        {
            Description = "Folder for proteins, tokens, model and report; a finished demo there is replaced",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "demo",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Override a setting of the demo's job, e.g. --set cluster.trainers=3; may be repeated",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };
        var command = new Command(
            "demo", "Generate proteins and run the whole way on a local cluster: autoencoder, codebook, tokens, structure-tuning, report.")
        {
            folder, set,
        };
        command.SetAction((parsed, cancel) => RunAsync(context, parsed.GetValue(folder)!, parsed.GetValue(set) ?? [], cancel));
        return command;
    }

    private static async Task<int> RunAsync(VerbContext context, string folder, string[] overrides, CancellationToken cancel)
    {
        StoredWorkspace.RequireFolder("ism demo --out", folder);
        var (train, heldout) = (Path.Combine(folder, "structures"), Path.Combine(folder, "heldout"));
        var file = JobFile.Resolve(Sample(), [
            $"workspace={folder}", $"corpus.structures={train}", $"corpus.heldout={heldout}", $"autoencoder.structures={train}", .. overrides]);
        JobValidation.ThrowIfAny(JobValidation.Check(file.Job));
        Clear(folder);
        await using (var display = ProgressDisplay.Create(context.Error))
        {
            var task = display.Begin("synth", TrainCount + HeldoutCount, "proteins");
            // Two seeds, so that no held-out protein is one that was trained on.
            await Task.Run(() => Write(train, TrainCount, 1, 0), cancel);
            await Task.Run(() => Write(heldout, HeldoutCount, 2, TrainCount), cancel);
            task.Finish();

            void Write(string to, int count, long seed, int before) => SyntheticCorpus.Write(
                to, count, seed, new SynthesisOptions { MaxLength = 120 }, new Reporter(n => task.Report(before + n)), cancel);
        }

        return await RunVerb.RunAsync(context, file.Job, cancel);
    }

    private static JobLayer Sample()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("samples/demo.yaml")
            ?? throw new InvalidOperationException("samples/demo.yaml is missing from the executable");
        using var reader = new StreamReader(stream);
        return JobLayer.FromYaml("samples/demo.yaml", reader.ReadToEnd());
    }

    // A finished demo makes way for a new one; an interrupted one is gone on with; anything else is not touched.
    private static void Clear(string folder)
    {
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return;
        }

        var job = Path.Combine(folder, JobJson.FileName);
        if (!File.Exists(job) && !Directory.Exists(Path.Combine(folder, "structures")))
        {
            throw new UsageException($"--out {folder}: is there and is no demo; name another folder");
        }

        if (File.Exists(Path.Combine(folder, Workspace.Report)) && File.Exists(job))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Reporter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
