using Ism.Coordinator.Api;
using Ism.Evaluation.Reports;

namespace Ism.Coordinator.Web;

/// <summary>Makes curves from a job's steps: long ones are drawn as the means of short stretches.</summary>
public static class CurveReader
{
    private const int PointsRead = 4000;
    private const int PointsDrawn = 400;
    private const int MostMarks = 30;

    /// <summary>The curves of a stage.</summary>
    public static StageCurves Of(JobHistory history, string stage)
    {
        var steps = history.Steps(stage, -1, PointsRead);
        var outliers = history.Outliers(stage, MostMarks);
        var evaluations = history.Evaluations(stage);
        return new StageCurves
        {
            Stage = stage,
            Loss = Curve("loss", steps, s => s.Loss),
            LearningRate = Curve("learning rate", steps, s => s.LearningRate),
            GradientNorm = Curve("gradient norm", steps, s => s.GradientNorm),
            Throughput = Curve("tokens/s", steps, s => s.TokensPerSecond),
            PeakShare = Curve("share of peak", steps, s => 100 * s.PeakShare),
            Waiting = Curve("waiting", steps, s => 100 * s.Waiting),
            Heldout = [.. Metrics(evaluations, "accuracy", 100), .. Metrics(evaluations, "explained", 100)],
            HeldoutLoss = Metrics(evaluations, "loss", 1),
            LossOutliers = Marks(outliers, "loss", s => s.Loss),
            NormOutliers = Marks(outliers, "gradient_norm", s => s.GradientNorm),
        };
    }

    /// <summary>Means of stretches of equal numbers of points, at most <see cref="PointsDrawn"/>; the last point stays as it is.</summary>
    public static IReadOnlyList<CurvePoint> Thin(IReadOnlyList<CurvePoint> points)
    {
        if (points.Count <= PointsDrawn)
        {
            return points;
        }

        var stretch = (points.Count + PointsDrawn - 1) / PointsDrawn;
        return
        [
            .. points.SkipLast(1).Chunk(stretch).Select(part => new CurvePoint(part.Average(p => p.X), part.Average(p => p.Y))),
            points[^1],
        ];
    }

    private static Series Curve(string name, IReadOnlyList<StepView> steps, Func<StepView, double?> value) => new(
        name,
        Thin([.. steps.Select(s => (s.Step, Value: value(s))).Where(s => s.Value is { } v && double.IsFinite(v))
            .Select(s => new CurvePoint(s.Step, s.Value!.Value))]));

    private static IReadOnlyList<Series> Metrics(IReadOnlyList<EvaluationView> evaluations, string ending, double scale) =>
    [
        .. evaluations.SelectMany(e => e.Metrics.Keys).Distinct().Where(k => k.EndsWith(ending, StringComparison.Ordinal)).Select(key => new Series(
            NameOf(key),
            [.. evaluations.Where(e => e.Metrics.TryGetValue(key, out var v) && double.IsFinite(v))
                .Select(e => new CurvePoint(e.Step, scale * e.Metrics[key]))])),
    ];

    private static string NameOf(string metric) => metric switch
    {
        "mlm.accuracy" or "mlm.loss" => "masked amino acids",
        _ when metric.StartsWith("structure.", StringComparison.Ordinal) =>
            $"structure tokens{(metric.EndsWith("masked_accuracy", StringComparison.Ordinal) ? ", at masked residues" : "")}{Teacher(metric)}",
        _ when metric.StartsWith("features.", StringComparison.Ordinal) =>
            $"structure features{(metric.EndsWith("loss", StringComparison.Ordinal) ? "" : ", variance explained")}"
            + $"{(metric.EndsWith("masked_explained", StringComparison.Ordinal) ? ", at masked residues" : "")}{Teacher(metric)}",
        _ => metric,
    };

    private static string Teacher(string metric) => metric.Split('.') is [_, var teacher, _] && teacher != "autoencoder" ? $" ({teacher})" : "";

    private static IReadOnlyList<Mark> Marks(IReadOnlyList<StepView> outliers, string what, Func<StepView, double?> value) =>
    [
        .. outliers.Where(s => s.Outlier!.Split(", ").Contains(what) && value(s) is { } v && double.IsFinite(v))
            .Select(s => new Mark(new CurvePoint(s.Step, value(s)!.Value), $"outlier: {Numbers.Short(value(s)!.Value)} at step {s.Step}")),
    ];
}
