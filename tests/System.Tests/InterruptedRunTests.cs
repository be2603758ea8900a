using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>What is killed or stopped goes on where it was, and nothing stays behind.</summary>
[Collection(Runs.Collection)]
public class InterruptedRunTests(Runs runs, ITestOutputHelper output)
{
    private const double Tolerance = 1e-4;
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Should_leave_no_process_behind_when_killed_and_go_on_from_the_last_checkpoint()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var workspace = runs.WorkspaceOf("killed");
        using (var run = runs.Start("killed", reference, featurizers: 2, trainers: 1))
        {
            await TuningAsync(workspace, run, Runs.CheckpointEvery + 2);
            run.Kill();
            await run.ExitAsync(StopDeadline);
        }

        await NodeProcesses.NoneAsync(workspace, StopDeadline);
        await GoesOnAsync("killed", reference);
    }

    [SkippableFact]
    public async Task Should_end_in_time_when_asked_to_and_go_on_when_started_again()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var workspace = runs.WorkspaceOf("stopped");
        using (var run = runs.Start("stopped", reference, featurizers: 2, trainers: 1))
        {
            await TuningAsync(workspace, run, Runs.CheckpointEvery + 2);
            run.RequestStop();
            Assert.Equal(1, await run.ExitAsync(StopDeadline));
        }

        Assert.Empty(NodeProcesses.Of(workspace));
        await GoesOnAsync("stopped", reference);
    }

    // Rank 0 writes metrics and checkpoints; losing it is another matter than losing the last one.
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Should_go_on_with_the_others_when_a_trainer_is_killed(int number)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var name = $"trainer-{number}-killed";
        var workspace = runs.WorkspaceOf(name);
        using var run = runs.Start(name, reference, featurizers: 1, trainers: 3);
        await TuningAsync(workspace, run, 4);
        NodeProcesses.Kill(workspace, "trainer", number);
        var result = await runs.CompleteAsync(name, run);

        var generations = result.Tuning.Values.Select(s => s.Generation).Distinct().ToList();
        output.WriteLine($"generations {string.Join(", ", generations)}, worlds {string.Join(", ", result.Tuning.Values.Select(s => s.World))}");
        Assert.True(generations.Count >= 2, $"the group did not form again: {result.Output}");
        Assert.Contains($"trainer-{number} (process", result.Output);
        CurveComparison.SameUpToRounding(reference, result, Tolerance, output);
        var weights = reference.WeightDifference(result);
        output.WriteLine($"largest relative difference of weights: {weights:G3}");
        Assert.True(weights <= Tolerance, $"weights differ by {weights:G3} relative");
    }

    [SkippableFact]
    public async Task Should_account_for_every_structure_when_a_featurizer_is_killed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var workspace = runs.WorkspaceOf("featurizer-killed");
        using var watch = new WorkspaceWatch(workspace);
        using var run = runs.Start(
            "featurizer-killed", reference, featurizers: 2, trainers: 1, "corpus.chunkSize=1", "tuning.epochs=2", "corpus.heldout=[]");
        await watch.UntilAsync("a token file", () => TokenFiles(workspace) > 0, run, Runs.RunDeadline);
        NodeProcesses.Kill(workspace, "featurizer", 0);
        var made = TokenFiles(workspace);
        var result = await runs.CompleteAsync("featurizer-killed", run);

        output.WriteLine($"{made} of {Runs.Proteins} chunks were there when the featurizer was killed");
        Assert.True(made < Runs.Proteins, "the featurizer was killed too late to disturb");
        Assert.Equal(Enumerable.Range(0, Runs.Proteins).Select(p => (long)p), result.Accounts().Keys.Order());
        Assert.All(result.Accounts().Values, times => Assert.Equal(1, times));
    }

    private static int TokenFiles(string workspace) => Directory.Exists(Path.Combine(workspace, "tokens"))
        ? Directory.EnumerateFiles(Path.Combine(workspace, "tokens"), "*.arrow", SearchOption.AllDirectories).Count()
        : 0;

    private static async Task TuningAsync(string workspace, IsmProcess run, long step)
    {
        using var watch = new WorkspaceWatch(workspace);
        await watch.UntilAsync($"step {step}", () => MetricsLines.LastTuningStep(workspace) >= step, run, Runs.RunDeadline);
    }

    private async Task GoesOnAsync(string name, RunResult reference)
    {
        var reached = MetricsLines.LastTuningStep(runs.WorkspaceOf(name));
        output.WriteLine($"interrupted after step {reached} of {Runs.Steps}");
        Assert.InRange(reached, Runs.CheckpointEvery, Runs.Steps - 1);
        var result = await runs.CompleteAsync(name, reference, featurizers: 2, trainers: 1);

        Assert.Contains($"going on with {name}", result.Output);
        Assert.Matches(@"structure-tuning continues from the checkpoint after step \d+", result.Output);
        CurveComparison.SameUpToRounding(reference, result, 0, output);
        FileComparison.Same(reference, result, "model", "*.safetensors", 1);
    }
}
