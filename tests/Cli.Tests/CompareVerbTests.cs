namespace Ism.Cli.Tests;

public sealed class CompareVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-compare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_lay_runs_over_each_other_and_say_how_far_they_are_apart()
    {
        var one = Run("one", 4, 2);
        var other = Run("other", 4, 2.5, 1);
        var page = Path.Combine(_folder, "page.html");
        var result = await Invocation.Of("compare", $"fp32={one}", other, "--out", page);

        Assert.Equal(0, result.Code);
        // 4 and 2.5 beside 4 and 2; the third step has no partner.
        Assert.Contains("run other  steps 3  last loss 1  largest difference of a step's loss 25.000", result.Output, StringComparison.Ordinal);
        Assert.Contains("mean difference 12.500", result.Output, StringComparison.Ordinal);
        Assert.Contains("fp32", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_the_stages_that_there_are()
    {
        var one = Run("one", 4);
        var result = await Invocation.Of("compare", one, one, "--stage", "tuning");
        Assert.Equal(2, result.Code);
        Assert.Contains("has no steps of 'tuning'; there are structure-tuning", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_want_a_run()
    {
        var result = await Invocation.Of("compare", Path.Combine(_folder, "a"), Path.Combine(_folder, "b"));
        Assert.Equal(2, result.Code);
        Assert.Contains("name the workspace of a run", result.Error, StringComparison.Ordinal);
    }

    private string Run(string name, params double[] losses)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllLines(Path.Combine(folder, "metrics.jsonl"), losses.Select((loss, step) =>
            FormattableString.Invariant($"{{\"stage\":\"structure-tuning\",\"step\":{step + 1},\"loss\":{loss},\"losses\":{{\"mlm\":{loss}}}}}")));
        return folder;
    }
}
