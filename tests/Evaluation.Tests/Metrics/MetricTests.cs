using Ism.Evaluation.Labels;
using Ism.Evaluation.Metrics;

namespace Ism.Evaluation.Tests.Metrics;

/// <summary>Metrics against numbers that scipy 1.10 and scikit-learn 1.2 gave for the same values, ties included, or that follow from
/// the definition by hand.</summary>
public class MetricTests
{
    private static readonly double[] X = [1, 2, 2, 3, 5, 4, 4, 4.5];
    private static readonly double[] Y = [2, 1, 3, 3, 6, 5, 2, 2];

    [Fact]
    public void Should_correlate_as_scipy_does()
    {
        Assert.Equal(0.5683682834156399, Correlation.Pearson(X, Y), 12);
        Assert.Equal(0.47834391939028537, Correlation.Spearman(X, Y), 12);
        Assert.Equal([3, 1, 5.5, 5.5, 8, 7, 3, 3], Correlation.Ranks(Y));
        Assert.Equal(double.NaN, Correlation.Spearman([1, 1, 1], [1, 2, 3]));
    }

    [Fact]
    public void Should_score_two_classes_as_scikit_learn_does()
    {
        double[] scores = [.1, .4, .35, .8, .4, .7, .2, .4];
        bool[] truth = [false, false, true, true, true, true, false, false];
        Assert.Equal(0.8125, BinaryMetrics.Auroc(scores, truth), 12);
        Assert.Equal(0.2581988897471611, BinaryMetrics.Matthews(Array.ConvertAll(scores, s => s >= .4), truth), 12);
        Assert.Equal(double.NaN, BinaryMetrics.Auroc([1, 2], [true, true]));
        Assert.Equal(0, BinaryMetrics.Matthews([true, true], [true, false]));
        Assert.Equal(0.5, BinaryMetrics.F1(1, 1, 1));
    }

    [Fact]
    public void Should_count_classes_as_scikit_learn_does()
    {
        int[] truth = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2], predicted = [0, 1, 1, 1, 2, 0, 2, 0, 2, 2];
        ConfusionTable[] tables = [new(3), new(3)];
        for (var i = 0; i < truth.Length; i++)
        {
            tables[i % 2].Add(truth[i], predicted[i]);
        }

        var sum = ConfusionTable.Sum(tables, [0, 1]);
        Assert.Equal(0.7, sum.Accuracy, 12);
        Assert.Equal(0.6944444444444443, sum.MacroAccuracy, 12);
        Assert.Equal(0.6944444444444443, sum.MacroF1, 12);
        Assert.Equal(20, ConfusionTable.Sum(tables, [0, 0, 1, 1]).Total);
    }

    [Fact]
    public void Should_find_the_protein_centric_f_maximum()
    {
        float[][] scores = [[.9f, .2f, .5f], [.3f, .8f, .8f], [.6f, .6f, .1f], [.4f, .3f, .2f]];
        bool[][] truth = [[true, false, true], [false, true, false], [true, false, true], [false, true, false]];
        Assert.Equal(0.7, FMax.Of(scores, truth), 12);
        Assert.Equal(1, FMax.Of([[.9f, .1f]], [[true, false]]), 12);
    }

    [Fact]
    public void Should_take_the_best_pairs_of_a_range_and_count_missing_ones_as_wrong()
    {
        // A hairpin of 40 residues on two lines 5 Å apart: i pairs with 39 - i.
        var x = Enumerable.Range(0, 40).Select(i => (float)(3.8 * Math.Min(i, 39 - i))).ToArray();
        var y = Enumerable.Range(0, 40).Select(i => i < 20 ? 0f : 5f).ToArray();
        var map = new ContactMap(x, y, new float[40]);
        var scores = new float[1600];
        for (var i = 0; i < 40; i++)
        {
            for (var j = i + 1; j < 40; j++)
            {
                scores[(i * 40) + j] = -map.Distance(i, j);
            }
        }

        // 8 pairs are 24 and more apart on the line of pairs: i + j = 39, 0 to 7; with neighbours (|i + j - 39| = 1, 6.28 Å) 8 + 7 + 8.
        Assert.Equal(1, ContactPrecision.At(scores, map, ContactRange.Long, 5), 12);
        var contacts = Enumerable.Range(0, 1600).Count(p => p % 40 - p / 40 >= 24 && map.IsContact(p / 40, p % 40));
        Assert.Equal(contacts / 40.0, ContactPrecision.At(scores, map, ContactRange.Long, 1), 12);

        // Only 1 pair is 39 apart: of the 8 wanted, 7 are missing.
        Assert.Equal(1 / 8.0, ContactPrecision.At(scores, map, new ContactRange("ends", 39, 39), 5), 12);
        Assert.Equal(0, ContactPrecision.At(Array.ConvertAll(scores, s => -s), map, ContactRange.Long, 5), 12);
    }

    [Fact]
    public void Should_leave_invalid_residues_out_of_pairs_and_of_the_length()
    {
        var (x, zeros) = (new float[30], new float[30]);
        (x[0], zeros[0]) = (float.NaN, 0);
        var map = new ContactMap(x, zeros, zeros);
        Assert.Equal(29, map.ValidCount);
        var scores = new float[900];
        Array.Fill(scores, 1, 0, 30);
        Assert.Equal(1, ContactPrecision.At(scores, map, ContactRange.All, 5), 12);
    }

    [Fact]
    public void Should_give_intervals_that_hold_the_mean_and_shrink_with_numbers()
    {
        var values = Enumerable.Range(0, 400).Select(i => (double)(i % 10)).ToArray();
        var bootstrap = new Bootstrap(500, 3);
        var few = bootstrap.Of(40, Bootstrap.MeanOf(values[..40]));
        var many = bootstrap.Of(400, Bootstrap.MeanOf(values));
        Assert.Equal(4.5, many.Value, 12);

        // The standard error of the mean of 0 to 9 is 2.87 / sqrt(n); the interval is 1.96 of it to each side.
        Assert.InRange(many.High - many.Low, 2 * 1.96 * 0.1436 * 0.85, 2 * 1.96 * 0.1436 * 1.15);
        Assert.InRange(few.High - few.Low, 2 * 1.96 * 0.454 * 0.8, 2 * 1.96 * 0.454 * 1.2);
        Assert.Equal(many, bootstrap.Of(400, Bootstrap.MeanOf(values)));
        Assert.NotEqual(many.Low, (bootstrap with { Seed = 4 }).Of(400, Bootstrap.MeanOf(values)).Low);
    }
}
