using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>The number of nodes decides who computes what, never what is computed.</summary>
[Collection(Runs.Collection)]
public class DataParallelRunTests(Runs runs, ITestOutputHelper output)
{
    private const double Tolerance = 1e-4;

    [SkippableFact]
    public async Task Should_make_the_same_tokens_and_train_alike_with_one_node_and_with_three()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        runs.Describe(output);
        var one = await runs.Reference;
        var three = await runs.CompleteAsync("three-nodes", one, featurizers: 3, trainers: 3);

        FileComparison.Same(one, three, "tokens", "*.arrow", 1 + (Runs.Proteins / 8));
        Assert.Equal(Enumerable.Range(0, Runs.Proteins).Select(p => (long)p), three.Accounts().Keys.Order());
        Assert.All(three.Accounts().Values, times => Assert.Equal(1, times));
        Assert.All(one.Tuning.Values, s => Assert.Equal(1, s.World));
        Assert.Contains(three.Tuning.Values, s => s.World == 3);
        CurveComparison.SameUpToRounding(one, three, Tolerance, output);
        var weights = one.WeightDifference(three);
        output.WriteLine($"largest relative difference of weights: {weights:G3}");
        Assert.True(weights <= Tolerance, $"weights differ by {weights:G3} relative");
        SameEvaluations(one, three);

        var again = await runs.CompleteAsync("three-nodes-again", one, featurizers: 1, trainers: 3);
        Skip.IfNot(
            three.Tuning.Values.Select(s => s.World).SequenceEqual(again.Tuning.Values.Select(s => s.World)),
            "a trainer came late in one of two runs with three trainers, so their sums are rounded differently; the rest held");
        Assert.Equal(three.Tuning.Values.Select(s => s.Loss), again.Tuning.Values.Select(s => s.Loss));
        FileComparison.Same(three, again, "model", "*.safetensors", 1);
    }

    [SkippableFact]
    public async Task Should_repeat_a_run_to_the_last_bit()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var first = await runs.Reference;
        var second = await runs.CompleteAsync("repeated", null, featurizers: 2, trainers: 1);

        FileComparison.Same(first, second, "autoencoder", "*.safetensors", 1);
        FileComparison.Same(first, second, "codebook", "*", 2);
        FileComparison.Same(first, second, "tokens", "*.arrow", 1 + (Runs.Proteins / 8));
        FileComparison.Same(first, second, "model", "*.safetensors", 1);
        Assert.Equal(first.Tuning.Values.Select(s => s.Loss), second.Tuning.Values.Select(s => s.Loss));
    }

    private static void SameEvaluations(RunResult one, RunResult three)
    {
        var a = MetricsLines.Evaluations(one.At("metrics.jsonl"), "structure-tuning");
        var b = MetricsLines.Evaluations(three.At("metrics.jsonl"), "structure-tuning");
        Assert.Equal([15, 30], a.Keys);
        Assert.Equal(a.Keys, b.Keys);
        foreach (var (step, metrics) in a)
        {
            Assert.Equal(metrics.Keys.Order(), b[step].Keys.Order());
            foreach (var (name, value) in metrics)
            {
                // An accuracy may change by a residue whose two best answers are equally good but for rounding.
                Assert.True(Math.Abs(value - b[step][name]) <= 0.01, $"{name} after step {step}: {value} and {b[step][name]}");
            }
        }
    }
}
