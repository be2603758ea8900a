using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Token files damaged while they are in use.</summary>
[Collection(Runs.Collection)]
public class DamagedTokensTests(Runs runs, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Should_make_a_token_file_again_that_is_damaged_while_it_is_trained_on()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var workspace = runs.WorkspaceOf("damaged-tokens");
        using var watch = new WorkspaceWatch(workspace);
        using var run = runs.Start("damaged-tokens", reference, featurizers: 2, trainers: 1);
        await watch.UntilAsync("step 4", () => MetricsLines.LastTuningStep(workspace) >= 4, run, Runs.RunDeadline);
        var damaged = Directory.EnumerateFiles(Path.Combine(workspace, "tokens"), "*.arrow", SearchOption.AllDirectories)
            .Where(path => path.Contains("corpus-", StringComparison.Ordinal)).Order().First();
        var bytes = File.ReadAllBytes(damaged);
        for (var at = bytes.Length / 4; at < bytes.Length / 2; at++)
        {
            bytes[at] ^= 1;
        }

        File.WriteAllBytes(damaged, bytes);
        var result = await runs.CompleteAsync("damaged-tokens", run);

        output.WriteLine(runs.Logs("damaged-tokens"));
        Assert.True(File.Exists($"{damaged}.damaged"), $"{damaged} was not set aside");
        FileComparison.Same(reference, result, "tokens", "*.arrow", 1 + (Runs.Proteins / 8));
        CurveComparison.SameUpToRounding(reference, result, 1e-4, output);
    }
}
