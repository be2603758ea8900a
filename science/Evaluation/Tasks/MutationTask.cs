using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Metrics;
using Ism.Models.Esm2;
using Ism.Structures.Numerics;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// Change of stability by mutation (ddG), the language model fine-tuned with the head on top (<see cref="MutationHead"/>). Metrics are over
/// all mutations of the test proteins together: Spearman, Pearson, RMSE, and of the sign (above 0 or not) AUROC and Matthews' coefficient.
/// </summary>
public static class MutationTask
{
    /// <summary>Fine-tunes a copy of the model on the training proteins and predicts the test proteins.</summary>
    /// <exception cref="InvalidDataException">A part is missing.</exception>
    public static ModelScores Run(
        EvaluatedModel model, DataSet data, TaskOptions options, double learningRate = 3e-4, double weightDecay = 0.5,
        CancellationToken cancel = default)
    {
        FeatureRows.RequireParts(data);
        using var tuned = Esm2Checkpoint.Load(model.Path);
        using var head = new MutationHead(tuned, options.Probe.Seed);
        var (train, validation, test) = (data.Of(Part.Train), data.Of(Part.Validation), data.Of(Part.Test));
        head.Begin(learningRate, weightDecay, (long)options.Probe.Epochs * train.Length);
        var best = double.MaxValue;
        for (var epoch = 0; epoch < options.Probe.Epochs; epoch++)
        {
            options.Progress?.Invoke($"fine-tuning {model.Name}, epochs", epoch, options.Probe.Epochs);
            new CounterRandom(options.Probe.Seed, 0x6464_67UL, (ulong)epoch).Shuffle<int>(train);
            foreach (var index in train)
            {
                cancel.ThrowIfCancellationRequested();
                head.Update(data.Examples[index]);
            }

            if (validation.Length > 0 && validation.Average(i => head.Loss(data.Examples[i])) is var loss && loss < best)
            {
                best = loss;
                head.Remember();
            }
        }

        head.Recall();
        return Scores(model.Name, data, test, [.. test.Select(i => head.Predict(data.Examples[i]))]);
    }

    private static ModelScores Scores(string model, DataSet data, int[] test, double[][] predicted)
    {
        var truth = test.Select(i => data.Examples[i].Mutations!.Select(m => m.Ddg).ToArray()).ToArray();
        return new ModelScores(model, [.. test.Select(i => data.Examples[i].Id)],
            [
                Pooled("Spearman", (x, y) => Correlation.Spearman(x, y)), Pooled("Pearson", (x, y) => Correlation.Pearson(x, y)),
                Pooled("RMSE", (x, y) => Math.Sqrt(x.Zip(y, (a, b) => (a - b) * (a - b)).Average())),
                Pooled("AUROC", (x, y) => BinaryMetrics.Auroc(x, Array.ConvertAll(y, v => v > 0))),
                Pooled("MCC", (x, y) => BinaryMetrics.Matthews(Array.ConvertAll(x, v => v > 0), Array.ConvertAll(y, v => v > 0))),
            ],
            [
                new("mutations", [.. truth.Select(t => (double)t.Length)]),
                new("Spearman", [.. truth.Select((t, i) => Correlation.Spearman(predicted[i], t))]),
            ]);

        ScoredMetric Pooled(string name, Func<double[], double[], double> value) => new(name, drawn =>
            value([.. drawn.SelectMany(i => predicted[i])], [.. drawn.SelectMany(i => truth[i])]));
    }
}
