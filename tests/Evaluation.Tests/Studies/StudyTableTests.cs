using Ism.Evaluation.Metrics;
using Ism.Evaluation.Reports;
using Ism.Evaluation.Studies;
using Ism.Evaluation.Tasks;

namespace Ism.Evaluation.Tests.Studies;

public class StudyTableTests
{
    private static readonly Bootstrap Draws = new(200);
    private static readonly string[] Proteins = [.. Enumerable.Range(0, 20).Select(i => $"p{i}")];

    [Fact]
    public void Should_hold_the_mean_of_seeds_against_the_baseline_on_the_seeds_both_have()
    {
        var table = StudyTable.Of("plain", [Arm("plain", (1, 0.2), (2, 0.4)), Arm("better", (1, 0.9), (3, 0.5))], Draws);
        var plain = table.Rows.Single(row => row.Arm == "plain");
        var better = table.Rows.Single(row => row.Arm == "better");

        // Proteins vary by 0.01 about the seed's value, and by as much below as above.
        Assert.Equal(0.3, plain.Pooled.Value, 9);
        Assert.Equal([0.2, 0.4], plain.Seeds.Select(value => Math.Round(value, 9)));
        Assert.Null(plain.Difference);
        Assert.Equal(0.7, better.Pooled.Value, 9);
        // On seed 1 alone; both arms' proteins vary alike, so nothing of it is left in the paired difference.
        Assert.Equal(0.7, better.Difference!.Value.Value, 9);
        Assert.Equal(0.7, better.Difference.Value.Low, 9);
        Assert.True(better.Apart);
        Assert.False(plain.Apart);
    }

    [Fact]
    public void Should_not_call_apart_what_overlaps()
    {
        var table = StudyTable.Of("plain", [Arm("plain", (1, 0.5)), Arm("same", (1, 0.5005))], Draws);
        var same = table.Rows.Single(row => row.Arm == "same");
        Assert.False(same.Apart);
        Assert.True(same.Difference!.Value.ExcludesZero);
    }

    [Fact]
    public void Should_refuse_arms_that_cannot_be_compared()
    {
        Assert.Throws<ArgumentException>(() => StudyTable.Of("plain", [Arm("plain", (1, 0.5)), Arm("other", (2, 0.5))], Draws));
        Assert.Throws<ArgumentException>(() => StudyTable.Of("none", [Arm("plain", (1, 0.5))], Draws));
    }

    [Fact]
    public void Should_show_arms_results_and_published_values()
    {
        var table = StudyTable.Of("plain", [Arm("plain", (1, 0.2)), Arm("better", (1, 0.9))], Draws);
        var empty = MetricsLog.Read("/no such file");
        var page = StudyPage.Html("a <study>", "two arms", [
            new StudyArmPage("plain", "as it is", [], new Dictionary<string, double>(), empty),
            new StudyArmPage("better", "with more", ["tuning.crop=64"], new Dictionary<string, double> { ["accuracy"] = 0.77 }, empty)], table);
        Assert.Contains("a &lt;study&gt;", page, StringComparison.Ordinal);
        Assert.Contains("tuning.crop=64", page, StringComparison.Ordinal);
        Assert.Contains("intervals do not overlap", page, StringComparison.Ordinal);
        Assert.Contains("0.770", page, StringComparison.Ordinal);
        Assert.Contains("+0.700", page, StringComparison.Ordinal);
    }

    private static ArmScores Arm(string name, params (long Seed, double Level)[] seeds) => new(name, "task", [.. seeds.Select(seed =>
    {
        double[] values = [.. Proteins.Select((_, i) => seed.Level + (i % 2 == 0 ? 0.01 : -0.01))];
        return (seed.Seed, new ModelScores($"{name}-{seed.Seed}", Proteins, [new ScoredMetric("accuracy", Bootstrap.MeanOf(values))], []));
    })]);
}
