namespace Ism.GpuTrainer.Training;

/// <summary>A value far above those before it.</summary>
/// <param name="What">"loss" or "gradient_norm".</param>
/// <param name="Value">The value.</param>
/// <param name="Mean">Mean of the window before it.</param>
/// <param name="Deviation">Standard deviation of the window before it.</param>
public sealed record Outlier(string What, double Value, double Mean, double Deviation);

/// <summary>
/// The last values of a loss or gradient norm; says when the next one lies far above them, in the manner of llm.c's outlier detector.
/// Watches only: a flagged value enters the window like any other, so that a lasting change is flagged a few times and then is the rule.
/// </summary>
/// <param name="what">What is watched, for the outlier.</param>
/// <param name="sigma">Standard deviations above the mean that are still usual; 0 flags nothing.</param>
/// <param name="capacity">Values remembered.</param>
/// <param name="least">Values needed before anything is flagged.</param>
public sealed class OutlierWindow(string what, double sigma, int capacity = 100, int least = 20)
{
    // Below this share of the mean a spread is rounding, not noise.
    private const double SmallestSpread = 1e-6;
    private readonly Queue<double> _values = new(capacity);

    /// <summary>Judges a value by those before it and remembers it. Null when it is usual. A value that is not finite is neither
    /// judged nor remembered.</summary>
    public Outlier? Observe(double value)
    {
        if (!double.IsFinite(value) || sigma <= 0)
        {
            return null;
        }

        Outlier? outlier = null;
        if (_values.Count >= least)
        {
            var mean = _values.Average();
            var deviation = Math.Sqrt(_values.Average(v => (v - mean) * (v - mean)));
            var usual = sigma * Math.Max(deviation, SmallestSpread * Math.Abs(mean));
            outlier = value > mean + usual ? new(what, value, mean, deviation) : null;
        }

        if (_values.Count == capacity)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
        return outlier;
    }
}
