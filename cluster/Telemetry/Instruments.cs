using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ism.Cluster.Telemetry;

/// <summary>
/// The meter and the activity source of the program. Instruments live with the work that they measure (<c>…Metrics</c> of each role); a
/// name is given in OpenTelemetry's form (<c>ism.training.step.duration</c>, unit <c>s</c>) and becomes Prometheus's by its rules
/// (<c>ism_training_step_duration_seconds</c>). docs/metrics.md has all of them.
/// </summary>
public static class Instruments
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Ism";

    /// <summary>Seconds.</summary>
    public const string Seconds = "s";

    /// <summary>Bytes.</summary>
    public const string Bytes = "By";

    /// <summary>A share of one.</summary>
    public const string Share = "1";

    private static readonly List<Action> Starters = [];

    /// <summary>Makes the instruments.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>Makes spans. Without a listener it makes none and costs a check.</summary>
    public static ActivitySource Traces { get; } = new(Name);

    /// <summary>Bounds of histograms of durations, in seconds: from a small structure to a step of a large model.</summary>
    public static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    };

    /// <summary>A counter that shows from its beginning, at zero, not only once it has counted.</summary>
    /// <param name="name">OpenTelemetry's name, without "total".</param>
    /// <param name="unit"><see cref="Seconds"/>, <see cref="Bytes"/>, or empty for things.</param>
    /// <param name="description">What it counts.</param>
    /// <param name="label">The one label, or empty.</param>
    /// <param name="values">Values of the label that are known beforehand.</param>
    public static Counter<T> Counter<T>(string name, string unit, string description, string label = "", params ReadOnlySpan<string> values)
        where T : struct
    {
        var counter = Meter.CreateCounter<T>(name, unit.Length == 0 ? null : unit, description);
        var labels = values.ToArray();
        lock (Starters)
        {
            Starters.Add(label.Length == 0
                ? () => counter.Add(default)
                : () => Array.ForEach(labels, value => counter.Add(default, new KeyValuePair<string, object?>(label, value))));
        }

        return counter;
    }

    /// <summary>A value that is asked for when it is read; none when it is null.</summary>
    public static void Gauge(string name, string unit, string description, Func<double?> value) =>
        Gauge(name, unit, description, () => value() is { } known ? [new Measurement<double>(known)] : []);

    /// <summary>Values with labels that are asked for when they are read.</summary>
    public static void Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> values) =>
        Meter.CreateObservableGauge(name, values, unit.Length == 0 ? null : unit, description);

    /// <summary>Makes counters show at zero to whoever listens now.</summary>
    public static void Begin()
    {
        lock (Starters)
        {
            Starters.ForEach(start => start());
        }
    }
}
