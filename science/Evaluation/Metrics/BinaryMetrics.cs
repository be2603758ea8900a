namespace Ism.Evaluation.Metrics;

/// <summary>Metrics of two classes.</summary>
public static class BinaryMetrics
{
    /// <summary>Area under the ROC curve: the chance that a positive scores above a negative, ties counted half (Mann and Whitney). NaN
    /// where one class is absent.</summary>
    /// <exception cref="ArgumentException">The series differ in length.</exception>
    public static double Auroc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        RequireEqual(scores.Length, positive.Length);
        var ranks = Correlation.Ranks(scores);
        double positives = 0, sum = 0;
        for (var i = 0; i < ranks.Length; i++)
        {
            if (positive[i])
            {
                (positives, sum) = (positives + 1, sum + ranks[i]);
            }
        }

        var negatives = ranks.Length - positives;
        return positives > 0 && negatives > 0 ? (sum - (positives * (positives + 1) / 2)) / (positives * negatives) : double.NaN;
    }

    /// <summary>Matthews correlation coefficient; 0 where a row or column of the table is empty, as is the custom.</summary>
    /// <exception cref="ArgumentException">The series differ in length.</exception>
    public static double Matthews(ReadOnlySpan<bool> predicted, ReadOnlySpan<bool> positive)
    {
        RequireEqual(predicted.Length, positive.Length);
        double tp = 0, tn = 0, fp = 0, fn = 0;
        for (var i = 0; i < predicted.Length; i++)
        {
            tp += predicted[i] && positive[i] ? 1 : 0;
            tn += !predicted[i] && !positive[i] ? 1 : 0;
            fp += predicted[i] && !positive[i] ? 1 : 0;
            fn += !predicted[i] && positive[i] ? 1 : 0;
        }

        var product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
        return product > 0 ? ((tp * tn) - (fp * fn)) / Math.Sqrt(product) : 0;
    }

    /// <summary>Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN); 0 where there is nothing to find and nothing was found.
    /// </summary>
    public static double F1(long truePositives, long falsePositives, long falseNegatives)
    {
        var sum = (2 * truePositives) + falsePositives + falseNegatives;
        return sum == 0 ? 0 : 2.0 * truePositives / sum;
    }

    private static void RequireEqual(int scores, int labels)
    {
        if (scores != labels)
        {
            throw new ArgumentException($"{scores} predictions for {labels} labels: they must be as many");
        }
    }
}
