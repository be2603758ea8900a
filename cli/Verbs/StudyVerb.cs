using System.CommandLine;
using Ism.Cli.Storage;
using Ism.Cli.Studies;

namespace Ism.Cli.Verbs;

/// <summary>`ism study STUDY.yaml`: several ways to train from one start, held against each other on proteins that none has seen.</summary>
internal static class StudyVerb
{
    public static Command Create(VerbContext context)
    {
        var file = new Argument<string>("STUDY.yaml") { Description = "Study file; its base is sought beside it, other paths from the current directory" };
        var set = new Option<string[]>("--set")
        {
            Description = "A setting of all runs, e.g. --set cluster.trainers=4; what arms set themselves wins; may be repeated",
            HelpName = "KEY=VALUE",
            DefaultValueFactory = _ => [],
        };
        var train = Structures("--train", "Structures to train on, and to fit probes on");
        var heldout = Structures("--heldout", "Structures to report on");
        var evaluateOnly = new Option<bool>("--evaluate-only") { Description = "Report on the runs that are done; train nothing" };
        var json = new Option<bool>("--json") { Description = "Print the results as one JSON object" };
        var command = new Command(
            "study", "Train in several ways from the same start and hold the results against each other. Run again, it goes on.")
        {
            file, set, train, heldout, evaluateOnly, json,
        };
        command.SetAction((parsed, cancel) => RunAsync(
            context,
            StudyFile.Load(parsed.GetValue(file)!, parsed.GetValue(set)!, parsed.GetValue(train)!, parsed.GetValue(heldout)!),
            parsed.GetValue(evaluateOnly), parsed.GetValue(json), cancel));
        return command;
    }

    private static Option<string[]> Structures(string name, string description) => new(name)
    {
        Description = $"{description}: folder, archive or list; may be repeated",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    private static async Task<int> RunAsync(
        VerbContext context, StudyOptions study, bool evaluateOnly, bool json, CancellationToken cancel)
    {
        StoredWorkspace.RequireFolder("ism study", study.Workspace);
        using var alone = Processes.FolderLock.Take(Path.GetFullPath(study.Workspace), "`ism study`");
        var runs = StudyPlan.Of(study);
        if (!evaluateOnly && await StudyRunner.RunAsync(context, runs, cancel) is var code && code != ExitCode.Success)
        {
            return code;
        }

        var done = runs.Where(run => run is { Arm: not null, IsDone: true }).ToList();
        if (done.Select(run => run.Arm!.Name).Distinct().Count() < 2)
        {
            throw new UsageException($"{study.Workspace} has runs of fewer than two arms that are done; there is nothing to compare yet");
        }

        var results = await Task.Run(() => StudyResults.Of(study, done, context, cancel), cancel);
        var report = StudyReport.Write(study, runs, results);
        await context.Output.WriteLineAsync(json ? results.Json() : results.Text(study.Baseline));
        await context.Error.WriteLineAsync($"report {report}");
        return ExitCode.Success;
    }
}
