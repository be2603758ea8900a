namespace Ism.Benchmarks.Elastic;

/// <summary>
/// Kubernetes' HorizontalPodAutoscaler (autoscaling/v2) over one external metric with an average value, as KEDA makes one of a
/// ScaledObject: metric over threshold, rounded up; nothing within a tenth of the present number; windows and limits of the two directions.
/// </summary>
/// <param name="rule">The rule.</param>
public sealed class Autoscaler(ScalingRule rule)
{
    // --horizontal-pod-autoscaler-tolerance's default.
    private const double Tolerance = 0.1;

    private readonly List<(TimeSpan At, int Wish)> _wishes = [];
    private readonly List<(TimeSpan At, int Change)> _changes = [];

    /// <summary>How many replicas there are to be.</summary>
    /// <param name="now">Time since any moment; grows.</param>
    /// <param name="current">Replicas that were asked for last.</param>
    /// <param name="metric">Value of the metric.</param>
    public int Decide(TimeSpan now, int current, double metric)
    {
        var ratio = metric / (rule.Threshold * current);
        var wish = Math.Abs(1 - ratio) <= Tolerance ? current : (int)Math.Ceiling(metric / rule.Threshold);
        wish = Math.Clamp(wish, rule.Min, rule.Max);
        _wishes.Add((now, wish));
        _wishes.RemoveAll(w => w.At < now - Longer(rule.Up.Window, rule.Down.Window));
        var least = Within(now, rule.Up.Window).Append(wish).Min();
        var most = Within(now, rule.Down.Window).Append(wish).Max();
        var steady = Math.Clamp(current, least, Math.Max(least, most));
        var next = steady > current ? Math.Min(steady, Highest(now, current))
            : steady < current ? Math.Max(steady, Lowest(now, current)) : current;
        if (next != current)
        {
            _changes.Add((now, next - current));
        }

        return next;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private IEnumerable<int> Within(TimeSpan now, TimeSpan window) => _wishes.Where(w => w.At >= now - window).Select(w => w.Wish);

    // What was there when the period began.
    private int Before(TimeSpan now, int current, ScalingPolicy policy, int sign) =>
        current - _changes.Where(c => c.At > now - policy.Period && Math.Sign(c.Change) == sign).Sum(c => c.Change);

    private int Highest(TimeSpan now, int current) => rule.Up.Policies.Max(p => Before(now, current, p, 1) is var before && p.InPercent
        ? (int)Math.Ceiling(before * (1 + (p.Value / 100.0))) : before + p.Value);

    private int Lowest(TimeSpan now, int current) => rule.Down.Policies.Min(p => Before(now, current, p, -1) is var before && p.InPercent
        ? (int)(before * (1 - (p.Value / 100.0))) : before - p.Value);
}
