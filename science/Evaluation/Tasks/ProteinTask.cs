using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Probes;
using TorchSharp;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// Something of the whole protein from the mean of its frozen features over residues, by a head of two layers: a value (Spearman), a class
/// (accuracy), or terms (Fmax).
/// </summary>
public static class ProteinTask
{
    private const int DefaultHidden = 512;

    /// <summary>Runs the task that the data are for: examples have a value, a class or terms.</summary>
    /// <exception cref="InvalidDataException">A part is missing.</exception>
    public static ModelScores Run(EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel = default)
    {
        using var scope = torch.NewDisposeScope();
        using var features = ResidueTask.FeaturesOf(model, data, options, cancel);
        var first = data.Examples[0];
        var target = first.Terms is not null ? ProbeTarget.Terms : first.Class is not null ? ProbeTarget.Class : ProbeTarget.Value;
        var probeOptions = options.Probe with
        {
            Hidden = options.Probe.Hidden > 0 ? options.Probe.Hidden : DefaultHidden,
            BatchRows = Math.Min(options.Probe.BatchRows, 64),
        };
        var train = Pooled(features, data, Part.Train, target)!.Value;
        using var probe = Probe.Fit(train.Rows, train.Targets, Pooled(features, data, Part.Validation, target), target,
            target == ProbeTarget.Value ? 1 : data.Classes.Count, probeOptions, cancel);
        var test = data.Of(Part.Test);
        var output = probe.Predict(Pooled(features, data, Part.Test, target)!.Value.Rows);
        string[] names = [.. test.Select(i => data.Examples[i].Id)];
        return target switch
        {
            ProbeTarget.Value => Values(model.Name, names, [.. test.Select(i => data.Examples[i].Value!.Value)],
                Array.ConvertAll(output.data<float>().ToArray(), v => (double)v)),
            ProbeTarget.Class => Classes(model.Name, names, data.Classes.Count,
                [.. test.Select(i => data.Examples[i].Class!.Value)], output.argmax(1).data<long>().ToArray()),
            _ => Terms(model.Name, names, [.. test.Select(i => data.Examples[i].Terms!)],
                [.. output.sigmoid().data<float>().ToArray().Chunk(data.Classes.Count)]),
        };
    }

    private static (torch.Tensor Rows, torch.Tensor Targets)? Pooled(
        ProteinFeatures features, DataSet data, Part part, ProbeTarget target)
    {
        var of = data.Of(part);
        if (of.Length == 0)
        {
            return null;
        }

        var rows = of.Select(i =>
        {
            using var own = features.Of(i);
            return own.mean([0L]);
        }).ToArray();
        var targets = target switch
        {
            ProbeTarget.Value => torch.tensor(Array.ConvertAll(of, i => (float)data.Examples[i].Value!.Value)),
            ProbeTarget.Class => torch.tensor(Array.ConvertAll(of, i => (long)data.Examples[i].Class!.Value)),
            _ => torch.tensor(of.SelectMany(i => data.Examples[i].Terms!.Select(t => t ? 1f : 0f)).ToArray())
                .reshape(of.Length, data.Classes.Count),
        };
        return (torch.stack(rows, 0), targets);
    }

    private static ModelScores Values(string model, string[] names, double[] truth, double[] predicted) => new(model, names,
        [
            new("Spearman", drawn => Correlation.Spearman(Drawn(predicted, drawn), Drawn(truth, drawn))),
            new("Pearson", drawn => Correlation.Pearson(Drawn(predicted, drawn), Drawn(truth, drawn))),
            new("RMSE", drawn => Math.Sqrt(drawn.Average(i => Math.Pow(predicted[i] - truth[i], 2)))),
        ],
        [new("truth", truth), new("prediction", predicted)]);

    private static ModelScores Classes(string model, string[] names, int classes, int[] truth, long[] predicted)
    {
        var tables = truth.Select((t, i) =>
        {
            var table = new ConfusionTable(classes);
            table.Add(t, (int)predicted[i]);
            return table;
        }).ToList();
        return new(model, names,
            [
                new("accuracy", drawn => ConfusionTable.Sum(tables, drawn).Accuracy),
                new("macro accuracy", drawn => ConfusionTable.Sum(tables, drawn).MacroAccuracy),
                new("macro F1", drawn => ConfusionTable.Sum(tables, drawn).MacroF1),
            ],
            [new("truth", [.. truth.Select(t => (double)t)]), new("prediction", [.. predicted.Select(p => (double)p)])]);
    }

    private static ModelScores Terms(string model, string[] names, bool[][] truth, float[][] scores) => new(model, names,
        [new("Fmax", drawn => FMax.Of([.. drawn.Select(i => scores[i])], [.. drawn.Select(i => truth[i])]))],
        [
            new("true terms", [.. truth.Select(t => (double)t.Count(x => x))]),
            new("terms at 0.5", [.. scores.Select(s => (double)s.Count(x => x >= 0.5f))]),
        ]);

    private static double[] Drawn(double[] values, IReadOnlyList<int> drawn) => [.. drawn.Select(i => values[i])];
}
