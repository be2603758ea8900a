namespace Ism.Evaluation.Metrics;

/// <summary>How often each class was taken for each: rows are true classes, columns predicted ones. Tables of proteins add up to that
/// of a set.</summary>
/// <param name="classes">Number of classes.</param>
public sealed class ConfusionTable(int classes)
{
    private readonly long[] _counts = new long[classes * classes];

    /// <summary>Number of classes.</summary>
    public int Classes { get; } = classes;

    /// <summary>All that was counted.</summary>
    public long Total => _counts.Sum();

    /// <summary>How often a class was taken for another.</summary>
    public long this[int truth, int predicted] => _counts[(truth * Classes) + predicted];

    /// <summary>Share of correct ones over all (micro accuracy); NaN of an empty table.</summary>
    public double Accuracy => (double)Diagonal() / Total;

    /// <summary>Mean over the classes that occur of the share of correct ones (macro accuracy, balanced accuracy).</summary>
    public double MacroAccuracy => MeanOver(c => Row(c) == 0 ? double.NaN : (double)this[c, c] / Row(c));

    /// <summary>Mean of F1 over the classes that occur, truly or predicted.</summary>
    public double MacroF1 => MeanOver(c => Row(c) + Column(c) == 0 ? double.NaN
        : BinaryMetrics.F1(this[c, c], Column(c) - this[c, c], Row(c) - this[c, c]));

    /// <summary>Counts one.</summary>
    public void Add(int truth, int predicted) => _counts[(truth * Classes) + predicted]++;

    /// <summary>Adds another table of as many classes.</summary>
    public void Add(ConfusionTable other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>The sum of tables drawn by index.</summary>
    public static ConfusionTable Sum(IReadOnlyList<ConfusionTable> tables, IReadOnlyList<int> drawn)
    {
        var sum = new ConfusionTable(tables[0].Classes);
        foreach (var index in drawn)
        {
            sum.Add(tables[index]);
        }

        return sum;
    }

    private long Diagonal() => Enumerable.Range(0, Classes).Sum(c => this[c, c]);

    private long Row(int truth) => Enumerable.Range(0, Classes).Sum(c => this[truth, c]);

    private long Column(int predicted) => Enumerable.Range(0, Classes).Sum(c => this[c, predicted]);

    private double MeanOver(Func<int, double> value)
    {
        var known = Enumerable.Range(0, Classes).Select(value).Where(v => !double.IsNaN(v)).ToArray();
        return known.Length == 0 ? double.NaN : known.Average();
    }
}
