using System.CommandLine;
using Ism.Evaluation.Data;
using Ism.Evaluation.Splits;
using Ism.Evaluation.Tasks;

namespace Ism.Cli.Verbs;

/// <summary>Which proteins `ism eval` uses, and how they are split.</summary>
internal sealed class EvalArguments
{
    private readonly Option<string[]> _data = Files("--data", "Structures, or data files that name their parts; split by identity otherwise");
    private readonly Option<string[]> _train = Files("--train", "Proteins for training");
    private readonly Option<string[]> _valid = Files("--valid", "Proteins that decide when training has gone far enough");
    private readonly Option<string[]> _test = Files("--test", "Proteins for the test");
    private readonly Option<string?> _labels = Optional("--labels", "FASTA whose sequences are the labels (FLIP)");
    private readonly Option<string?> _metal = Optional("--metal", "binding: id, tab, positions of residues that bind metal");
    private readonly Option<string?> _nucleic = Optional("--nucleic", "binding: the same for nucleic acids");
    private readonly Option<string?> _small = Optional("--small", "binding: the same for small molecules");
    private readonly Option<string[]> _folds = Files("--fold", "binding: ids of a fold, one a line; once for each fold");
    private readonly Option<double> _identity = new("--identity")
    {
        Description = "Proteins at or above this identity (0 to 1) are on one side of a split",
        DefaultValueFactory = _ => new DataSplitOptions().Identity,
    };

    private readonly Option<string?> _clusters = Optional("--clusters", "Split by these clusters instead: two columns, cluster and member");
    private readonly Option<double> _testShare = new("--test-share")
    {
        Description = "Share of the proteins for the test, where they are split here",
        DefaultValueFactory = _ => new SplitShares().Test,
    };

    private readonly Option<int> _longest = new("--max-length")
    {
        Description = "Longer proteins are left out",
        HelpName = "RESIDUES",
        DefaultValueFactory = _ => 1022,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_data, _train, _valid, _test, _labels, _metal, _nucleic, _small, _folds, _identity, _clusters,
            _testShare, _longest])
        {
            command.Add(option);
        }
    }

    /// <summary>The files beside the proteins.</summary>
    public TaskFiles FilesOf(ParseResult parsed) => new()
    {
        Labels = Existing(parsed, _labels),
        Sites = [Existing(parsed, _metal), Existing(parsed, _nucleic), Existing(parsed, _small)],
        Folds = [.. (parsed.GetValue(_folds) ?? []).Select(file => Inputs.ExistingFile("--fold", file))],
    };

    /// <summary>Reads and splits; notes go to <paramref name="note"/>.</summary>
    /// <exception cref="UsageException">Nothing is given, or options are in conflict.</exception>
    public (DataSet Data, string Said, double? LargestIdentity) Read(
        ParseResult parsed, string task, TaskFiles files, ulong seed, Action<string> note)
    {
        (string Source, Part? Part)[] sources =
        [
            .. Sources(parsed, _data, null), .. Sources(parsed, _train, Part.Train), .. Sources(parsed, _valid, Part.Validation),
            .. Sources(parsed, _test, Part.Test),
        ];
        if (sources.Length == 0)
        {
            throw new UsageException("give proteins: --data, or --train and --test");
        }

        if (task == "binding" && files.Sites.All(file => file is null))
        {
            throw new UsageException("binding needs tables of sites: --metal, --nucleic, --small");
        }

        var identity = parsed.GetValue(_identity);
        if (identity is not (> 0 and <= 1))
        {
            throw new UsageException($"--identity {identity}: is a share, above 0 and at most 1");
        }

        var test = parsed.GetValue(_testShare);
        if (test is not (> 0 and < 0.9))
        {
            throw new UsageException($"--test-share {test}: must be above 0 and below 0.9");
        }

        var longest = Inputs.AtLeastOne("--max-length", parsed.GetValue(_longest));
        var data = EvaluationTasks.Load(task, sources, files, note);
        Example[] kept = [.. data.Examples.Where(e => e.Sequence.Length <= longest)];
        if (kept.Length < data.Examples.Count)
        {
            note($"{data.Examples.Count - kept.Length} proteins of more than {longest} residues are left out (--max-length)");
        }

        if (kept.Length == 0)
        {
            throw new UsageException("no protein is left to evaluate on");
        }

        data = data with { Examples = kept };
        return task == "binding" && files.Folds.Count > 0
            ? (data, $"{kept.Length} proteins in {files.Folds.Count} folds", null)
            : DataSplit.Complete(data, new DataSplitOptions
            {
                Identity = identity,
                ClustersFile = Existing(parsed, _clusters),
                Shares = new SplitShares(Math.Min(0.1, test), test),
                Seed = seed,
            });
    }

    private static (string, Part?)[] Sources(ParseResult parsed, Option<string[]> option, Part? part) =>
        [.. (parsed.GetValue(option) ?? []).Select(path => (Inputs.Existing(option.Name, path), part))];

    private static string? Existing(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } file ? Inputs.ExistingFile(option.Name, file) : null;

    private static Option<string[]> Files(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE", AllowMultipleArgumentsPerToken = true };

    private static Option<string?> Optional(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };
}
