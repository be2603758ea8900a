using System.Diagnostics;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Nodes and whole runs that are asked to leave, and checkpoints that did not survive until the next start.</summary>
[Collection(Runs.Collection)]
public class StoppedRunTests(Runs runs, ITestOutputHelper output)
{
    private const string Name = "stopped-and-gone-on";

    // Milliseconds: five nodes leave one after the other before this job may be through.
    private const int SlowStep = 300;
    private static readonly TimeSpan EndDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(15);

    private string Workspace => runs.WorkspaceOf(Name);

    [SkippableFact]
    public async Task A_run_whose_nodes_leave_that_is_stopped_twice_and_finds_damaged_checkpoints_learns_the_same()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Long;
        await NodesLeaveAndRunKeepsThenStopsAsync();
        var good = DamageCheckpoints();
        var bad = Checkpoints.Steps(Workspace).Take(2).ToList();
        await GoesOnFromGoodAndStopsAtOnceAsync(good, bad);

        // With three trainers again, from a checkpoint of one.
        using (var run = await runs.StartLongAsync(Name, featurizers: 2, trainers: 3, environment: Runs.Paced(0)))
        {
            await runs.CompleteAsync(Name, run);
            Assert.Matches(@"structure-tuning continues from the checkpoint after step \d+", run.Output);
        }

        Assert.Equal(3, MetricsLines.All(Workspace)[^1].World);
        RemoveWhatIsDamaged(bad);
        await WorkspaceChecks.HoldAsync(output, Workspace, reference);
    }

    private async Task NodesLeaveAndRunKeepsThenStopsAsync()
    {
        var slurm = new RecordedScontrol(Path.Combine(Path.GetDirectoryName(Workspace)!, "slurm"), Runs.Paced(SlowStep));
        using var run = await runs.StartLongAsync(Name, featurizers: 2, trainers: 3, environment: slurm.Environment);
        using var steps = new StepWatch(Workspace, run);
        await steps.UntilAsync("a step of three trainers", s => s.World == 3);

        await LeavesAsync(steps, run, "trainer", 1, PosixSignals.User1);
        await steps.UntilAsync(
            "the checkpoint before trainer-1 left",
            () => Checkpoints.Steps(Workspace).Any(s => s % Runs.LongCheckpointEvery != 0));
        foreach (var (role, number) in ((string, int)[])[("featurizer", 0), ("trainer", 0), ("coordinator", 0)])
        {
            await LeavesAsync(steps, run, role, number, PosixSignals.Terminate);
        }

        var at = DateTimeOffset.UtcNow;
        await IsmVerb.TellAsync(Workspace, "status");
        await steps.UntilAsync("a step with the new coordinator", s => s.Time > at);
        at = DateTimeOffset.UtcNow;
        NodeProcesses.Kill(Workspace, "coordinator", 0);
        await IsmVerb.TellAsync(Workspace, "status");
        var back = DateTimeOffset.UtcNow;
        output.WriteLine(
            $"kill -9 of the only coordinator to an answer of the job: {(back - at).TotalSeconds:F1} s, "
            + $"{steps.Between(at, back)} steps meanwhile");
        Assert.True(steps.Between(at, back) > 0, "no step was done while there was no coordinator");
        Assert.Equal(0, steps.DoneAgain());

        var reached = steps.Last.Step;
        run.Signal(PosixSignals.User1);
        Assert.Equal(1, await run.ExitAsync(EndDeadline));
        output.WriteLine(string.Join('\n', run.Output.Split('\n').TakeLast(6)));
        output.WriteLine($"SIGUSR1 after step {reached} of {Runs.LongSteps}");
        Assert.InRange(reached, Runs.LongCheckpointEvery, Runs.LongSteps - 1);
        await NodeProcesses.NoneAsync(Workspace, TimeSpan.Zero);
        var said = run.Output.Split('\n').Last(line => line.Contains("is written", StringComparison.Ordinal));
        Assert.InRange(Checkpoints.StepIn(said), reached, Runs.LongSteps);
        Assert.Contains(Checkpoints.StepIn(said), Checkpoints.Steps(Workspace));
        Assert.Contains("the same command goes on", run.Output);
        Assert.Equal([$"requeue {RecordedScontrol.Job}"], slurm.Calls());
    }

    // Leaves politely, and is started again under its name as another process.
    private async Task LeavesAsync(StepWatch steps, IsmProcess run, string role, int number, int signal)
    {
        var before = Count(run.Output, $"{role}-{number} has left and is started again");
        var clock = Stopwatch.StartNew();
        var pid = NodeProcesses.Signal(Workspace, role, number, signal);
        await steps.UntilAsync(
            $"{role}-{number} to leave", () => Count(run.Output, $"{role}-{number} has left and is started again") > before);
        await steps.UntilAsync(
            $"{role}-{number} to be started again", () => NodeProcesses.Find(Workspace, role, number) is { } now && now != pid);
        output.WriteLine($"signal {signal} to {role}-{number}: left and started again after {clock.Elapsed.TotalSeconds:F1} s");
        if (role == "trainer")
        {
            await steps.UntilAsync($"three trainers after {role}-{number} left", s => s.World == 3);
        }
    }

    // The newest cut short, the next with a bit turned over, and things that do not belong there. Returns the newest good step.
    private long DamageCheckpoints()
    {
        var there = Checkpoints.Steps(Workspace);
        Assert.True(there.Count >= 3, $"only {there.Count} checkpoints: {string.Join(", ", there)}");
        using (var cut = File.OpenWrite(Path.Combine(Checkpoints.PathOf(Workspace, there[0]), "weights.safetensors")))
        {
            cut.SetLength(cut.Length / 2);
        }

        Damage.FlipBit(Path.Combine(Checkpoints.PathOf(Workspace, there[1]), "optimizer.safetensors"));
        File.WriteAllText(Path.Combine(Workspace, "checkpoints", "notes.txt"), "a file that somebody put here");
        Directory.CreateDirectory(Path.Combine(Workspace, "checkpoints", "step-best"));
        return there[2];
    }

    private async Task GoesOnFromGoodAndStopsAtOnceAsync(long good, IReadOnlyList<long> bad)
    {
        using var run = await runs.StartLongAsync(Name, featurizers: 2, trainers: 1);
        using var steps = new StepWatch(Workspace, run);
        await steps.UntilAsync("a step of one trainer", s => s.World == 1 && s.Step > good);
        output.WriteLine(run.Output);
        Assert.Contains($"going on with {Name}", run.Output);
        var told = File.ReadAllText(Path.Combine(Workspace, "logs", "trainer-0.log"));
        Assert.Matches($@"structure-tuning continues from the checkpoint after step {good}\s", told);
        Assert.All(
            (string[])[.. bad.Select(s => Path.GetFileName(Checkpoints.PathOf(Workspace, s))), "notes.txt", "step-best"],
            name => Assert.Contains(name, told));
        var clean = good + (2 * Runs.LongCheckpointEvery);
        await steps.UntilAsync($"step {clean}", s => s.Step >= clean);

        var clock = Stopwatch.StartNew();
        run.Signal(PosixSignals.Terminate);
        await steps.UntilAsync(
            "the answer to the first interrupt",
            () => run.HasExited || run.Output.Contains("once more to stop at once", StringComparison.Ordinal));
        run.Signal(PosixSignals.Terminate);
        Assert.NotEqual(0, await run.ExitAsync(AtOnce));
        output.WriteLine($"two interrupts: over after {clock.Elapsed.TotalSeconds:F1} s");
        await NodeProcesses.NoneAsync(Workspace, AtOnce);
    }

    // A run deletes nothing that it did not write itself and find good; the checker would rightly name all of it.
    private void RemoveWhatIsDamaged(IReadOnlyList<long> bad)
    {
        foreach (var step in bad)
        {
            Directory.Delete(Checkpoints.PathOf(Workspace, step), recursive: true);
        }

        File.Delete(Path.Combine(Workspace, "checkpoints", "notes.txt"));
        Directory.Delete(Path.Combine(Workspace, "checkpoints", "step-best"));
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
