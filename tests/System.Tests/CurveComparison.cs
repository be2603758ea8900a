using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Compares the curves of two runs of the same job.</summary>
internal static class CurveComparison
{
    /// <summary>Requires the same steps over the same samples with losses that differ by rounding alone; says how far they are apart.
    /// </summary>
    public static void SameUpToRounding(RunResult expected, RunResult found, double tolerance, ITestOutputHelper output, int steps = Runs.Steps)
    {
        var (a, b) = (expected.Tuning, found.Tuning);
        Assert.Equal(Enumerable.Range(1, steps).Select(s => (long)s), a.Keys);
        Assert.Equal(a.Keys, b.Keys);
        Assert.Equal(a.Values.Select(s => (s.Step, s.Samples, s.Tokens)), b.Values.Select(s => (s.Step, s.Samples, s.Tokens)));
        var loss = a.Values.Max(s => Relative(s.Loss, b[s.Step].Loss));
        var norm = a.Values.Max(s => Relative(s.GradientNorm, b[s.Step].GradientNorm));
        output.WriteLine($"largest relative difference over {a.Count} steps: loss {loss:G3}, gradient norm {norm:G3}");
        Assert.True(loss <= tolerance, $"losses differ by {loss:G3} relative, more than {tolerance:G3}: "
            + string.Join("; ", a.Values.Select(s => $"{s.Step}: {s.Loss:R} and {b[s.Step].Loss:R}")));
    }

    private static double Relative(double a, double b) => Math.Abs(a - b) / Math.Max(1e-12, Math.Abs(a));
}
