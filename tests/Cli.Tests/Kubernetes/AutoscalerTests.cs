using Ism.Benchmarks.Elastic;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>The rule of the ScaledObject, as Kubernetes' own autoscaler would carry it out.</summary>
public class AutoscalerTests
{
    private static readonly ScalingRule Rule = new(
        "featurizer", "sum(x)", Threshold: 8, Min: 2, Max: 64,
        new ScalingDirection(TimeSpan.Zero, [new ScalingPolicy(true, 100, Seconds(30)), new ScalingPolicy(false, 4, Seconds(30))]),
        new ScalingDirection(Seconds(300), [new ScalingPolicy(true, 50, Seconds(60))]));

    [SkippableFact]
    public void Should_read_the_rule_from_the_manifest()
    {
        Kubectl.Require();
        var rule = ScalingRule.Parse(Kubectl.Render("overlays/gpu", []));
        var spec = Assert.Single(Manifests.Of("overlays/gpu").Of<ScaledObject>()).Spec;
        Assert.Equal((spec.ScaleTargetRef.Name, spec.MinReplicaCount, spec.MaxReplicaCount), (rule.Target, rule.Min, rule.Max));
        Assert.Equal((spec.Triggers[0].Metadata["query"], spec.Triggers[0].Metadata["threshold"]), (rule.Query, $"{rule.Threshold}"));
        var behavior = spec.Advanced!.HorizontalPodAutoscalerConfig!.Behavior!;
        foreach (var (written, read) in new[] { (behavior.ScaleUp, rule.Up), (behavior.ScaleDown, rule.Down) })
        {
            Assert.Equal(written.StabilizationWindowSeconds, (int)read.Window.TotalSeconds);
            Assert.Equal(
                written.Policies.Select(p => (p.Type == "Percent", p.Value, p.PeriodSeconds)),
                read.Policies.Select(p => (p.InPercent, p.Value, (int)p.Period.TotalSeconds)));
        }

        Assert.Contains("no ScaledObject", Assert.Throws<InvalidDataException>(() => ScalingRule.Parse(Kubectl.Render("overlays/local", []))).Message);
    }

    [Fact]
    public void Should_grow_as_fast_as_its_limits_let_it_until_all_have_enough()
    {
        // 100 chunks want 13; 2 may become 6 (four pods), 6 become 12 (twice as many), in half a minute each. 12 are within a tenth.
        var course = Course(Rule, 2, seconds => 100, 120);
        Assert.Equal([6, 6, 12, 12, 12, 12, 12, 12], course);
    }

    [Fact]
    public void Should_never_be_more_or_fewer_than_it_may()
    {
        Assert.Equal(64, Course(Rule, 2, _ => 1e6, 300)[^1]);
        Assert.Equal(2, Course(Rule, 2, _ => 0, 900)[^1]);
    }

    [Fact]
    public void Should_shrink_only_when_nobody_was_wanted_for_the_whole_window_and_by_halves()
    {
        var course = Course(Rule, 2, seconds => seconds < 120 ? 100 : 0, 720);
        var until = Enumerable.Range(0, course.Count).Where(i => course[i] == 12).Select(i => i * 15).ToList();
        Assert.True(until[^1] is >= 105 + 300 and <= 105 + 330, $"{until[^1]} s");
        Assert.Equal([12, 6, 3, 2], course.Where((n, i) => i >= 20 && n != course[i - 1]).Prepend(12));
    }

    [Fact]
    public void Should_not_tremble()
    {
        Assert.All(Course(Rule, 10, seconds => 80 + (seconds % 30 == 0 ? 7 : -7), 600), n => Assert.Equal(10, n));
        Assert.Equal(12, Course(Rule, 10, _ => 89, 15)[0]);
    }

    [Fact]
    public void Should_do_the_same_in_a_shorter_time()
    {
        var faster = Rule.Hastened(15, most: 13);
        Assert.Equal((13, 2), (faster.Max, faster.Min));
        var scaler = new Autoscaler(faster);
        var count = 2;
        var course = Enumerable.Range(0, 8).Select(i => count = scaler.Decide(Seconds(i), count, 100)).ToList();
        Assert.Equal(Course(Rule, 2, _ => 100, 120), course);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    // One look every 15 s.
    private static List<int> Course(ScalingRule rule, int start, Func<int, double> backlog, int seconds)
    {
        var scaler = new Autoscaler(rule);
        var count = start;
        return [.. Enumerable.Range(0, seconds / 15).Select(i => count = scaler.Decide(Seconds(i * 15), count, backlog(i * 15)))];
    }
}
