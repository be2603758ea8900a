using Ism.Evaluation.Metrics;

namespace Ism.Evaluation.Studies;

/// <summary>One arm's result in one metric.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Task">The task.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Pooled">Mean over seeds, 95 % interval over proteins.</param>
/// <param name="Seeds">Each seed's value.</param>
/// <param name="Difference">From the baseline on the seeds that both have; null for the baseline itself.</param>
/// <param name="Apart">Whether its interval and the baseline's do not overlap.</param>
public sealed record StudyRow(
    string Arm, string Task, string Metric, Estimate Pooled, IReadOnlyList<double> Seeds, Estimate? Difference, bool Apart);

/// <summary>All results of a study.</summary>
/// <param name="Baseline">The arm that the others are held against.</param>
/// <param name="Proteins">Test proteins.</param>
/// <param name="Rows">By task, metric and arm.</param>
public sealed record StudyTable(string Baseline, int Proteins, IReadOnlyList<StudyRow> Rows)
{
    /// <summary>Works the table out.</summary>
    /// <param name="baseline">Name of the arm to compare with.</param>
    /// <param name="arms">Every arm in every task.</param>
    /// <param name="bootstrap">Resamples.</param>
    /// <exception cref="ArgumentException">The baseline has no scores in a task.</exception>
    public static StudyTable Of(string baseline, IReadOnlyList<ArmScores> arms, Bootstrap bootstrap)
    {
        var rows = new List<StudyRow>();
        foreach (var task in arms.GroupBy(arm => arm.Task))
        {
            var standard = task.FirstOrDefault(arm => arm.Arm == baseline)
                ?? throw new ArgumentException($"the baseline '{baseline}' has no scores in '{task.Key}'");
            foreach (var metric in standard.Metrics)
            {
                var level = standard.Pooled(metric, bootstrap);
                rows.AddRange(task.Select(arm => Row(arm, metric, arm == standard ? null : standard, level, bootstrap)));
            }
        }

        return new(baseline, arms[0].Proteins, rows);
    }

    private static StudyRow Row(ArmScores arm, string metric, ArmScores? standard, Estimate level, Bootstrap bootstrap)
    {
        var pooled = arm.Pooled(metric, bootstrap);
        return new(
            arm.Arm, arm.Task, metric, pooled, arm.Values(metric), standard is null ? null : arm.Difference(standard, metric, bootstrap),
            standard is not null && (pooled.Low > level.High || pooled.High < level.Low));
    }
}
