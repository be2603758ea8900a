using Ism.Evaluation.Data;
using Ism.Evaluation.Features;

namespace Ism.Evaluation.Tasks;

/// <summary>Files of a task beside the proteins.</summary>
public sealed record TaskFiles
{
    /// <summary>FASTA whose sequences are the labels (FLIP's residue tasks), or null.</summary>
    public string? Labels { get; init; }

    /// <summary>Sites of binding residues: metal, nucleic, small; null where there is none.</summary>
    public IReadOnlyList<string?> Sites { get; init; } = [null, null, null];

    /// <summary>Files of ids, one a fold, of binding residues.</summary>
    public IReadOnlyList<string> Folds { get; init; } = [];
}

/// <summary>The tasks by name: what reads their data and what runs them.</summary>
public static class EvaluationTasks
{
    private static readonly Dictionary<string, ResidueLabel> ByResidue = new()
    {
        ["contacts"] = ResidueLabel.Contacts,
        ["contacts-supervised"] = ResidueLabel.Contacts,
        ["ss3"] = ResidueLabel.ThreeStates,
        ["ss8"] = ResidueLabel.EightStates,
        ["burial"] = ResidueLabel.Exposure,
        ["tokens"] = ResidueLabel.Tokens,
    };

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. ByResidue.Keys, "binding", "ddg", "regression", "classification", "multilabel"];

    /// <summary>Reads the proteins of a task.</summary>
    /// <param name="task">Its name.</param>
    /// <param name="sources">Files or folders, each with the part of all its proteins, or null.</param>
    /// <param name="files">What else it needs.</param>
    /// <param name="note">Told what was left out.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    /// <exception cref="DataFileException">A file cannot be used.</exception>
    public static DataSet Load(
        string task, IReadOnlyList<(string Source, Part? Part)> sources, TaskFiles files, Action<string>? note = null)
    {
        if (ByResidue.TryGetValue(task, out var label))
        {
            List<Example> examples = [.. sources.SelectMany(s => ResidueData.Read([s.Source], label, s.Part, files.Labels, note))];
            return new DataSet(examples, examples.Count == 0 ? [] : ResidueData.ClassNames(label, examples));
        }

        return task switch
        {
            "binding" => BindingTask.Load(sources, files.Sites),
            "ddg" => ProteinData.Mutations(sources),
            "regression" => ProteinData.Regression(sources),
            "classification" => ProteinData.Classification(sources),
            "multilabel" => ProteinData.MultiLabel(sources),
            _ => throw Unknown(task),
        };
    }

    /// <summary>Runs a task with one model.</summary>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    /// <exception cref="InvalidDataException">The data lack a part or labels.</exception>
    public static ModelScores Run(
        string task, EvaluatedModel model, DataSet data, TaskFiles files, TaskOptions options,
        ContactConvention convention = ContactConvention.Esm, CancellationToken cancel = default) => task switch
        {
            "contacts" => ContactTask.Unsupervised(model, data, options, convention, cancel),
            "contacts-supervised" => ContactTask.Supervised(model, data, options, convention, cancel),
            "ss3" or "ss8" or "tokens" => ResidueTask.Classify(model, data, options, cancel),
            "burial" => ResidueTask.Exposure(model, data, options, cancel),
            "binding" => BindingTask.Run(model, data, BindingTask.Folds(files.Folds, data), options, cancel),
            "ddg" => MutationTask.Run(model, data, options, cancel: cancel),
            "regression" or "classification" or "multilabel" => ProteinTask.Run(model, data, options, cancel),
            _ => throw Unknown(task),
        };

    private static ArgumentException Unknown(string task) => new($"there is no task '{task}'; there are {string.Join(", ", Names)}");
}
