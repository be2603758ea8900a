using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Probes;
using TorchSharp;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// A class or a value of each residue from frozen features by a linear probe (or one with a hidden layer): secondary structure in three or
/// eight states, structure tokens, relative solvent exposure. Residues without a label count nowhere.
/// </summary>
public static class ResidueTask
{
    /// <summary>Relative exposure below this is buried.</summary>
    public const float BuriedBelow = 0.25f;

    /// <summary>
    /// Classes: accuracy over all residues (micro, as TAPE reports), mean of the classes' accuracies (macro), mean of the classes' F1.
    /// </summary>
    /// <exception cref="InvalidDataException">A part is missing or has no label.</exception>
    public static ModelScores Classify(
        EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel = default)
    {
        using var scope = torch.NewDisposeScope();
        using var features = FeaturesOf(model, data, options, cancel);
        using var probe = Fit(features, data, ProbeTarget.Class, data.Classes.Count, options, cancel,
            e => FeatureRows.Where(e.Sequence.Length, i => e.ResidueClasses![i] >= 0),
            (e, at) => torch.tensor(Array.ConvertAll(at, i => (long)e.ResidueClasses![i])));
        var test = data.Of(Part.Test);
        var tables = test.Select(index =>
        {
            using var inner = torch.NewDisposeScope();
            var predicted = probe.Predict(features.Of(index)).argmax(1).data<long>().ToArray();
            var table = new ConfusionTable(data.Classes.Count);
            for (var i = 0; i < predicted.Length; i++)
            {
                if (data.Examples[index].ResidueClasses![i] is >= 0 and var truth)
                {
                    table.Add(truth, (int)predicted[i]);
                }
            }

            return table;
        }).ToList();
        return new ModelScores(model.Name, [.. test.Select(i => data.Examples[i].Id)],
            [
                new("accuracy", drawn => ConfusionTable.Sum(tables, drawn).Accuracy),
                new("macro accuracy", drawn => ConfusionTable.Sum(tables, drawn).MacroAccuracy),
                new("macro F1", drawn => ConfusionTable.Sum(tables, drawn).MacroF1),
            ],
            [
                new("residues", [.. tables.Select(table => (double)table.Total)]),
                new("accuracy", [.. tables.Select(table => table.Accuracy)]),
            ]);
    }

    /// <summary>
    /// Relative solvent exposure: Spearman and Pearson of prediction and truth within a protein, averaged over proteins, and the share of
    /// residues told right as buried (below 25 %) or exposed.
    /// </summary>
    /// <exception cref="InvalidDataException">A part is missing or has no label.</exception>
    public static ModelScores Exposure(
        EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel = default)
    {
        using var scope = torch.NewDisposeScope();
        using var features = FeaturesOf(model, data, options, cancel);
        using var probe = Fit(features, data, ProbeTarget.Value, 1, options, cancel,
            e => FeatureRows.Where(e.Sequence.Length, i => !float.IsNaN(e.ResidueValues![i])),
            (e, at) => torch.tensor(Array.ConvertAll(at, i => e.ResidueValues![i])));
        var test = data.Of(Part.Test);
        var (spearman, pearson) = (new double[test.Length], new double[test.Length]);
        var tables = new ConfusionTable[test.Length];
        for (var t = 0; t < test.Length; t++)
        {
            using var inner = torch.NewDisposeScope();
            var truth = data.Examples[test[t]].ResidueValues!;
            var predicted = probe.Predict(features.Of(test[t])).data<float>().ToArray();
            var known = FeatureRows.Where(truth.Length, i => !float.IsNaN(truth[i]));
            var (x, y) = (Array.ConvertAll(known, i => (double)predicted[i]), Array.ConvertAll(known, i => (double)truth[i]));
            (spearman[t], pearson[t]) = (Correlation.Spearman(x, y), Correlation.Pearson(x, y));
            tables[t] = new ConfusionTable(2);
            Array.ForEach(known, i => tables[t].Add(truth[i] < BuriedBelow ? 1 : 0, predicted[i] < BuriedBelow ? 1 : 0));
        }

        return new ModelScores(model.Name, [.. test.Select(i => data.Examples[i].Id)],
            [
                new("Spearman", Bootstrap.MeanOf(spearman)), new("Pearson", Bootstrap.MeanOf(pearson)),
                new("buried accuracy", drawn => ConfusionTable.Sum(tables, drawn).Accuracy),
                new("buried macro accuracy", drawn => ConfusionTable.Sum(tables, drawn).MacroAccuracy),
            ],
            [
                new("residues", [.. tables.Select(table => (double)table.Total)]), new("Spearman", spearman),
                new("Pearson", pearson), new("buried accuracy", [.. tables.Select(table => table.Accuracy)]),
            ]);
    }

    /// <summary>Features of all examples.</summary>
    internal static ProteinFeatures FeaturesOf(
        EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel)
    {
        FeatureRows.RequireParts(data);
        return ProteinFeatures.Of(model, [.. data.Examples.Select(e => e.Sequence)], options.Features,
            done => options.Progress?.Invoke($"features of {model.Name}", done, data.Examples.Count), cancel);
    }

    private static Probe Fit(
        ProteinFeatures features, DataSet data, ProbeTarget target, int outputs, TaskOptions options, CancellationToken cancel,
        Func<Example, long[]> labelled, Func<Example, long[], torch.Tensor> targets)
    {
        using var scope = torch.NewDisposeScope();
        var train = FeatureRows.Of(features, data, Part.Train, options.Probe, labelled, targets)
            ?? throw new InvalidDataException("no residue of the training proteins has a label");
        var held = FeatureRows.Of(features, data, Part.Validation, options.Probe, labelled, targets);
        return Probe.Fit(train.Rows, train.Targets, held, target, outputs, options.Probe, cancel);
    }
}
