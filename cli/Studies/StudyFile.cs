using System.Text.Json;
using Ism.Cli.Jobs;

namespace Ism.Cli.Studies;

/// <summary>Reads study files.</summary>
public static class StudyFile
{
    /// <summary>Secondary structure in three states, from frozen features.</summary>
    public const string SecondaryStructure = "secondary-structure";

    /// <summary>Relative solvent exposure, and with it burial.</summary>
    public const string Burial = "burial";

    /// <summary>Contacts from attention maps, as ESM does it.</summary>
    public const string Contacts = "contacts";

    /// <summary>What models can be told apart by.</summary>
    public static readonly IReadOnlyList<string> Tasks = [SecondaryStructure, Burial, Contacts];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Further settings "a.b=c" of all runs; what the start and arms set themselves wins.</param>
    /// <param name="train">Structures to train and to fit probes on, instead of those that the file names; empty: its own.</param>
    /// <param name="heldout">Structures to report on, alike.</param>
    /// <exception cref="JobFileException">It cannot be used; names the place and what to change.</exception>
    public static StudyOptions Load(
        string path, IReadOnlyList<string> overrides, IReadOnlyList<string> train, IReadOnlyList<string> heldout) =>
        Read(JobLayer.FromFile(path), Path.GetDirectoryName(Path.GetFullPath(path))!, overrides, train, heldout);

    /// <summary>The same of a layer at hand; its base is sought from <paramref name="folder"/>.</summary>
    public static StudyOptions Read(
        JobLayer layer, string folder, IReadOnlyList<string> overrides, IReadOnlyList<string> train, IReadOnlyList<string> heldout)
    {
        var top = StudyNode.Of(layer).Only("name", "workspace", "base", "set", "seeds", "from", "start", "arms", "baseline", "evaluate");
        var seeds = top.Numbers("seeds") is { Count: > 0 } given ? given : [1];
        IReadOnlyList<StudyArm> arms = [.. top.Sections("arms").Select(arm => Arm(arm, seeds))];
        if (arms.Count < 2)
        {
            throw top.Problem("arms", $"a study compares two arms or more, this one has {arms.Count}");
        }

        if (arms.GroupBy(arm => arm.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw top.Problem("arms", $"two arms are called '{twice.Key}'");
        }

        var baseline = top.Text("baseline", arms[0].Name);
        if (arms.All(arm => arm.Name != baseline))
        {
            throw top.Problem("baseline", $"there is no arm '{baseline}'; there are {string.Join(", ", arms.Select(arm => arm.Name))}");
        }

        var shared = top.Text("base", "");
        return new StudyOptions
        {
            Name = top.Text("name", "study"),
            Workspace = top.Text("workspace", "runs/study"),
            Base = shared.Length == 0 ? "" : Path.GetFullPath(shared, folder),
            Set = [.. top.Settings("set"), .. Structures(train, heldout), .. overrides],
            Seeds = seeds,
            From = top.Text("from", ""),
            Start = top.Section("start")?.Only("set").Settings("set") ?? [],
            Arms = arms,
            Baseline = baseline,
            Evaluate = Evaluation(top.Section("evaluate") ?? throw top.Problem("evaluate", "is missing"), train, heldout),
        };
    }

    private static StudyArm Arm(StudyNode node, IReadOnlyList<long> seeds)
    {
        node.Only("name", "title", "set", "seeds", "published");
        var name = node.Text("name");
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || name == StudyPlan.StartName)
        {
            throw node.Problem("name", $"'{name}': letters, digits and '-' only, and not '{StudyPlan.StartName}'");
        }

        return new StudyArm(
            name, node.Text("title", name), node.Settings("set"), node.Numbers("seeds") is { Count: > 0 } own ? own : seeds,
            node.Values("published"));
    }

    private static IEnumerable<string> Structures(IReadOnlyList<string> train, IReadOnlyList<string> heldout)
    {
        foreach (var (key, paths) in new[] { ("corpus.structures", train), ("autoencoder.structures", train), ("corpus.heldout", heldout) })
        {
            if (paths.Count > 0)
            {
                yield return $"{key}={JsonSerializer.Serialize(paths)}";
            }
        }
    }

    private static StudyEvaluation Evaluation(StudyNode node, IReadOnlyList<string> train, IReadOnlyList<string> heldout)
    {
        node.Only("tasks", "train", "test", "mostTrain");
        var tasks = node.Texts("tasks") is { Count: > 0 } given ? given : Tasks;
        if (tasks.FirstOrDefault(task => !Tasks.Contains(task)) is { } unknown)
        {
            throw node.Problem("tasks", $"'{unknown}' is none; there are {string.Join(", ", Tasks)}");
        }

        var evaluation = new StudyEvaluation(
            tasks, train.Count > 0 ? train : node.Texts("train"), heldout.Count > 0 ? heldout : node.Texts("test"), node.Number("mostTrain", 0));
        return evaluation.Train.Count > 0 && evaluation.Test.Count > 0
            ? evaluation
            : throw node.Problem(evaluation.Train.Count == 0 ? "train" : "test", "name structures: folders, archives, lists (or --train and --heldout)");
    }
}
