using Ism.Evaluation.Metrics;

namespace Ism.Evaluation.Tasks;

/// <summary>A metric over test proteins.</summary>
/// <param name="Name">As tables call it.</param>
/// <param name="Statistic">Its value on drawn proteins, by index, some drawn more than once; NaN where it is not defined.</param>
public sealed record ScoredMetric(string Name, Func<IReadOnlyList<int>, double> Statistic);

/// <summary>A value of each test protein.</summary>
/// <param name="Name">Title of the column.</param>
/// <param name="Values">NaN where a protein has none.</param>
public sealed record ProteinColumn(string Name, double[] Values);

/// <summary>How a model did in a task.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Proteins">Names of the test proteins.</param>
/// <param name="Metrics">The task's metrics, the main one first.</param>
/// <param name="Columns">Values by protein.</param>
public sealed record ModelScores(
    string Model, IReadOnlyList<string> Proteins, IReadOnlyList<ScoredMetric> Metrics, IReadOnlyList<ProteinColumn> Columns)
{
    /// <summary>A metric by name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public ScoredMetric Metric(string name) => Metrics.First(metric => metric.Name == name);

    /// <summary>A metric with its interval.</summary>
    public Estimate Estimate(string metric, Bootstrap bootstrap) => bootstrap.Of(Proteins.Count, Metric(metric).Statistic);

    /// <summary>This model's metric minus another's on the same proteins, with the interval of the paired difference.</summary>
    /// <exception cref="ArgumentException">The proteins differ.</exception>
    public Estimate Difference(ModelScores other, string metric, Bootstrap bootstrap)
    {
        if (!Proteins.SequenceEqual(other.Proteins))
        {
            throw new ArgumentException($"{Model} and {other.Model} were tested on different proteins");
        }

        var (own, theirs) = (Metric(metric).Statistic, other.Metric(metric).Statistic);
        return bootstrap.Of(Proteins.Count, drawn => own(drawn) - theirs(drawn));
    }
}
