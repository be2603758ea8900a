using System.CommandLine;
using Ism.Cli.Jobs;
using Ism.Cli.Terminal;
using Ism.Coordinator.Jobs;
using Ism.Evaluation.Atlas;
using Ism.Evaluation.Reports;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Verbs;

/// <summary>`ism atlas`: what each structure token of a run stands for.</summary>
internal static class AtlasVerb
{
    // What a run says when tuning starts: RunEvent of kind Started.
    private const string ExcludedPrefix = "excluded token: ";

    public static Command Create(VerbContext context)
    {
        var job = new Argument<string>("WORKSPACE") { Description = "Workspace of a job whose codebook is made, or the job file" };
        var structures = new Option<string[]>("--structures")
        {
            Description = "Structures to look at: folder, archive, list or file; experimental and predicted ones are told apart, or NAME=PATH "
                + "names a set; may be repeated (the job's own)",
            HelpName = "[NAME=]PATH",
            DefaultValueFactory = _ => [],
        };
        var sample = new Option<int>("--sample")
        {
            Description = "Structures looked at of each set that is named, and of all others together, spread evenly; 0: all",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        };
        var exemplars = new Option<int>("--exemplars")
        {
            Description = "Microenvironments drawn for each token",
            HelpName = "N",
            DefaultValueFactory = _ => 4,
        };
        var output = new Option<string?>("--out") { Description = "Folder for atlas.html, atlas.json and files for PyMOL and Mol* (WORKSPACE/atlas)", HelpName = "FOLDER" };
        var force = new Option<bool>("--force") { Description = "Write over what is there" };
        var json = new Option<bool>("--json") { Description = "Print all numbers as JSON" };
        var command = new Command("atlas", "Show what each structure token of a codebook stands for (docs/atlas.md).")
        {
            job, structures, sample, exemplars, output, force, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var place = WorkspaceOf(parsed.GetValue(job)!);
            var folder = parsed.GetValue(output) ?? place.At("atlas");
            Inputs.Replaceable(folder, parsed.GetValue(force));
            var most = parsed.GetValue(sample) is >= 0 and var n ? n : throw new UsageException($"--sample {parsed.GetValue(sample)}: must be 0 or more");
            var each = Inputs.AtLeastOne("--exemplars", parsed.GetValue(exemplars));
            var numbers = await RunAsync(context, place, AtlasSource.Parse(parsed.GetValue(structures)!), most, each, folder, cancel);
            await context.Output.WriteAsync(parsed.GetValue(json) ? numbers : $"{Path.Combine(folder, AtlasFolder.Page)}\n");
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<string> RunAsync(
        VerbContext context, Workspace place, IReadOnlyList<AtlasSource> given, int most, int each, string folder, CancellationToken cancel)
    {
        var job = place.ReadJob();
        var encoder = place.At(job.Autoencoder.From.Length > 0 ? job.Autoencoder.From : Workspace.Autoencoder);
        var codebookFolder = place.At(job.Codebook.From.Length > 0 ? job.Codebook.From : Workspace.Codebook);
        var codebook = Directory.Exists(codebookFolder) && Directory.Exists(encoder)
            ? StructureCodebook.Load(codebookFolder)
            : throw new UsageException($"{place.Root} has no {(Directory.Exists(encoder) ? $"codebook at {codebookFolder}" : $"autoencoder at {encoder}")} yet; let the job run on");
        if (AtomicAutoencoder.IdentityOf(encoder) != codebook.Origin.Encoder)
        {
            throw new UsageException($"the codebook {codebookFolder} was made with another encoder than {encoder}; its tokens mean nothing to this one");
        }

        var sources = given.Count > 0
            ? given
            : [new AtlasSource(null, [.. job.Corpus.Structures.Concat(job.Autoencoder.Structures).Distinct()])];
        using var model = AtomicAutoencoder.Load(encoder);
        using var survey = new AtlasSurvey(model, codebook, each);
        var reading = new StructureReaderOptions { MinLength = job.Corpus.MinLength, MaxLength = job.Corpus.MaxLength, KeepAtomNames = true };
        await using (var display = ProgressDisplay.Create(context.Error))
        {
            foreach (var source in sources)
            {
                await Task.Run(() => Look(survey, source, most, reading, display, cancel), CancellationToken.None);
            }
        }

        var atlas = survey.Atlas;
        if (atlas.Sets.All(set => set.Residues == 0))
        {
            throw new UsageException($"--structures: none of {atlas.Refused} structures could be used");
        }

        // Those that were sorted by what they are come in no order of their own.
        atlas.Order((a, b) => (a.Name == AtlasSurvey.Predicted).CompareTo(b.Name == AtlasSurvey.Predicted));
        var excluded = RunsChoice(place.At(Workspace.Events))
            ?? ExcludedToken.Choose(AtlasSet.Confidence(atlas.Profiles()), job.Codebook.ExcludedToken).Reason;
        return AtlasFolder.Write(folder, atlas, new AtlasFacts
        {
            Job = job.Name,
            Codebook = StructureCodebook.IdentityOf(codebookFolder),
            Excluded = ExcludedToken.TokenOf(excluded),
            ExcludedReason = excluded,
            Elbow = Elbow.Load(Path.Combine(codebookFolder, CodebookStage.ElbowFile)) is { } elbow
                ? new ElbowTable([.. elbow.Points.Select(p => new CurvePoint(p.Clusters, p.Inertia))], codebook.Tokens, elbow.Knee)
                : null,
        });
    }

    private static void Look(
        AtlasSurvey survey, AtlasSource source, int most, StructureReaderOptions reading, ProgressDisplay display, CancellationToken cancel)
    {
        var all = StructureSources.List(source.Paths).ToList();
        List<StructureEntry> chosen = most == 0 || all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];
        if (source.Set is { } name)
        {
            survey.Atlas.Set(name);
        }

        var task = display.Begin(source.Set ?? "structures", chosen.Count, "structures");
        var done = 0;
        foreach (var read in StructureBatch.Read(chosen, reading))
        {
            cancel.ThrowIfCancellationRequested();
            if (read.Structure is { } structure)
            {
                survey.Add(structure, source.Set);
            }
            else
            {
                survey.Atlas.Refused++;
                display.Note($"refused: {read.Refusal!.Message}");
            }

            task.Report(++done);
        }

        task.Finish();
    }

    private static Workspace WorkspaceOf(string given)
    {
        if (Directory.Exists(given))
        {
            return File.Exists(Path.Combine(given, Workspace.Job))
                ? new Workspace(Path.GetFullPath(given))
                : throw new UsageException($"{given} is no job's workspace: it has no {Workspace.Job}");
        }

        var job = JobFile.Load(Inputs.ExistingFile("WORKSPACE", given), []).Job;
        var place = new Workspace(Path.GetFullPath(job.Workspace));
        return File.Exists(place.At(Workspace.Job))
            ? place
            : throw new UsageException($"{given} has not been run: its workspace {place.Root} has no {Workspace.Job}");
    }

    // The last start of tuning tells; null before it, and where events are not kept.
    private static string? RunsChoice(string events) => !File.Exists(events) ? null : File.ReadLines(events)
        .Where(line => line.Contains(ExcludedPrefix, StringComparison.Ordinal))
        .Select(line => RunEvent.TryParse(line, out var happened) ? happened : null)
        .Where(e => e is { Kind: RunEventKind.Started, Stage: RunStages.Tuning } && e.Message.StartsWith(ExcludedPrefix, StringComparison.Ordinal))
        .Select(e => e!.Message[ExcludedPrefix.Length..]).LastOrDefault();
}
