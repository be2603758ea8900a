using System.Globalization;
using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Studies;

/// <summary>One training run of a study.</summary>
/// <param name="Name">Folder below <c>runs</c>.</param>
/// <param name="Arm">Its arm; null: the run that makes the common start.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Job">Its job.</param>
public sealed record StudyRun(string Name, StudyArm? Arm, long Seed, JobOptions Job)
{
    /// <summary>The model it makes.</summary>
    public string Model => Path.Combine(Job.Workspace, Workspace.Model);

    /// <summary>Whether it is over: the report is a job's last file.</summary>
    public bool IsDone => File.Exists(Path.Combine(Job.Workspace, Workspace.Report));
}

/// <summary>
/// The runs of a study in their order. What is alike is made once: the first run trains the encoder and the codebook, and the others take
/// both from it; token files lie in a cache that all share; arms start from one model.
/// </summary>
public static class StudyPlan
{
    /// <summary>Name of the run that makes the common start.</summary>
    public const string StartName = "start";

    private const string Runs = "runs";
    private const string Tokens = "tokens";

    /// <summary>All runs, seed by seed, so that a study that is ended early has compared all arms on fewer seeds.</summary>
    /// <exception cref="JobFileException">A run's settings cannot be used.</exception>
    public static IReadOnlyList<StudyRun> Of(StudyOptions study)
    {
        var runs = new List<StudyRun>();
        var model = study.From;
        if (model.Length == 0)
        {
            runs.Add(Run(study, StartName, null, study.Seeds[0], study.Start, []));
            model = runs[0].Model;
        }

        foreach (var seed in study.Arms.SelectMany(arm => arm.Seeds).Distinct())
        {
            foreach (var arm in study.Arms.Where(arm => arm.Seeds.Contains(seed)))
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{arm.Name}-{seed}");
                runs.Add(WithMutRank(Run(study, name, arm, seed, arm.Set, [$"model.from={model}", .. Shared(runs)]), runs));
            }
        }

        return runs;
    }

    // Settings that an arm names itself come after, and win.
    private static string[] Shared(List<StudyRun> runs) => runs.Count == 0
        ? []
        : [
            $"autoencoder.from={Path.Combine(runs[0].Job.Workspace, Workspace.Autoencoder)}",
            $"codebook.from={Path.Combine(runs[0].Job.Workspace, Workspace.Codebook)}",
        ];

    // MutRank is taken from the first run that makes it from the same alignments in the same way.
    private static StudyRun WithMutRank(StudyRun run, List<StudyRun> before)
    {
        var maker = before.Find(other => other.Job.Mutrank is { IsOn: true, From.Length: 0 } && Making(other) == Making(run));
        return run.Job.Mutrank is not { IsOn: true, From.Length: 0 } || maker is null
            ? run
            : run with { Job = run.Job with { Mutrank = run.Job.Mutrank with { From = Path.Combine(maker.Job.Workspace, Workspace.MutRank) } } };
    }

    private static MutRankOptions Making(StudyRun run) => run.Job.Mutrank with { Weight = 1, ExcludedToken = "none" };

    private static StudyRun Run(
        StudyOptions study, string name, StudyArm? arm, long seed, IReadOnlyList<string> own, IReadOnlyList<string> before)
    {
        var folder = Path.GetFullPath(study.Workspace);
        var file = JobFile.Load(study.Base.Length == 0 ? null : study.Base, [
            .. study.Set, .. before,
            $"featurizing.cache={Path.Combine(folder, Tokens)}",
            $"workspace={Path.Combine(folder, Runs, name)}",
            $"name={name}",
            string.Create(CultureInfo.InvariantCulture, $"seed={seed}"),
            .. own,
        ]);
        var problems = JobValidation.Check(file.Job).Select(problem => $"run {name}: {problem}").ToList();
        return problems.Count == 0
            ? new StudyRun(name, arm, seed, JobPaths.Resolve(file.Job, Environment.CurrentDirectory))
            : throw new JobFileException(problems);
    }
}
