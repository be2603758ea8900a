using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>What is killed or stopped goes on where it was, and nothing stays behind.</summary>
[Collection(Runs.Collection)]
public class InterruptedRunTests(Runs runs, ITestOutputHelper output)
{
    private const string Name = "killed-and-stopped";
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Should_go_on_from_the_last_checkpoint_when_killed_and_then_when_asked_to_end()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var workspace = runs.WorkspaceOf(Name);
        using (var run = Start(reference))
        {
            await TuningAsync(workspace, run, Runs.CheckpointEvery + 2);
            run.Kill();
            await run.ExitAsync(StopDeadline);
        }

        await NodeProcesses.NoneAsync(workspace, StopDeadline);
        var killed = Interrupted(Runs.CheckpointEvery);
        using (var run = Start(reference))
        {
            await TuningAsync(workspace, run, killed + Runs.CheckpointEvery + 1);
            run.RequestStop();
            Assert.Equal(1, await run.ExitAsync(StopDeadline));
            GoesOn(run.Output);
        }

        Assert.Empty(NodeProcesses.Of(workspace));
        Interrupted(killed);
        using var last = Start(reference);
        var result = await runs.CompleteAsync(Name, last);
        GoesOn(result.Output);
        CurveComparison.SameUpToRounding(reference, result, 0, output);
        FileComparison.Same(reference, result, "model", "*.safetensors", 1);
    }

    [SkippableFact]
    public async Task Should_account_for_every_structure_when_a_featurizer_is_killed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        Soak.OrSkip();
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

    private IsmProcess Start(RunResult reference) =>
        IsmProcess.Start(Runs.Paced(), runs.Arguments(Name, reference, featurizers: 2, trainers: 1));

    private long Interrupted(long after)
    {
        var reached = MetricsLines.LastTuningStep(runs.WorkspaceOf(Name));
        output.WriteLine($"interrupted after step {reached} of {Runs.Steps}");
        Assert.InRange(reached, after, Runs.Steps - 1);
        return reached;
    }

    private static void GoesOn(string said)
    {
        Assert.Contains($"going on with {Name}", said);
        Assert.Matches(@"structure-tuning continues from the checkpoint after step \d+", said);
    }
}
