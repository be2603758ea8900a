using Ism.Evaluation.Metrics;
using Ism.Evaluation.Tasks;

namespace Ism.Evaluation.Studies;

/// <summary>How the models of one arm of a study, alike but for their seeds, did in one task.</summary>
/// <param name="Arm">Short name of the arm.</param>
/// <param name="Task">The task.</param>
/// <param name="Seeds">Scores by seed, all on the same proteins.</param>
public sealed record ArmScores(string Arm, string Task, IReadOnlyList<(long Seed, ModelScores Scores)> Seeds)
{
    /// <summary>Names of the task's metrics, the main one first.</summary>
    public IReadOnlyList<string> Metrics => [.. Seeds[0].Scores.Metrics.Select(metric => metric.Name)];

    /// <summary>Test proteins.</summary>
    public int Proteins => Seeds[0].Scores.Proteins.Count;

    /// <summary>The mean over seeds with its interval over proteins: each resample of proteins is one for all seeds.</summary>
    public Estimate Pooled(string metric, Bootstrap bootstrap) => bootstrap.Of(Proteins, Mean(metric, Seeds));

    /// <summary>This arm's mean minus another's over the seeds that both have, with the interval of the paired difference over
    /// proteins.</summary>
    /// <exception cref="ArgumentException">They share no seed, or the proteins differ.</exception>
    public Estimate Difference(ArmScores other, string metric, Bootstrap bootstrap)
    {
        var shared = Seeds.Select(s => s.Seed).Intersect(other.Seeds.Select(s => s.Seed)).ToHashSet();
        if (shared.Count == 0 || !Seeds[0].Scores.Proteins.SequenceEqual(other.Seeds[0].Scores.Proteins))
        {
            throw new ArgumentException($"arms '{Arm}' and '{other.Arm}' share no seed or were tested on different proteins");
        }

        var own = Mean(metric, [.. Seeds.Where(s => shared.Contains(s.Seed))]);
        var theirs = Mean(metric, [.. other.Seeds.Where(s => shared.Contains(s.Seed))]);
        return bootstrap.Of(Proteins, drawn => own(drawn) - theirs(drawn));
    }

    /// <summary>Each seed's value on all proteins.</summary>
    public IReadOnlyList<double> Values(string metric)
    {
        int[] all = [.. Enumerable.Range(0, Proteins)];
        return [.. Seeds.Select(seed => seed.Scores.Metric(metric).Statistic(all))];
    }

    private static Func<IReadOnlyList<int>, double> Mean(string metric, IReadOnlyList<(long Seed, ModelScores Scores)> seeds)
    {
        var statistics = seeds.Select(seed => seed.Scores.Metric(metric).Statistic).ToArray();
        return drawn => statistics.Average(statistic => statistic(drawn));
    }
}
