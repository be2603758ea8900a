using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Trainers and coordinators that are killed or frozen: seconds pass until steps go on, and nothing is lost. Default settings.
/// </summary>
[Collection(Runs.Disturbed)]
public class LossTests(Runs runs, ITestOutputHelper output)
{
    // Times are printed; this only keeps a machine that does something else entirely from passing.
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Trainers_that_join_are_killed_or_freeze_cost_seconds_and_no_sample()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Long;
        var workspace = runs.WorkspaceOf("trainers-lost");
        using var run = await runs.StartLongAsync("trainers-lost", featurizers: 1, trainers: 2);
        using var steps = new StepWatch(workspace, run);
        await steps.UntilAsync("a step of two trainers", s => s.World == 2 && s.Step % 5 == 2);

        var asked = DateTimeOffset.UtcNow;
        await IsmVerb.TellAsync(workspace, "scale", "trainers", "3");
        var joined = await steps.UntilAsync("a step of three trainers", s => s.World == 3);
        Say("a trainer asked for in the middle of an epoch to its first step", joined.Time - asked);

        // The last one, then rank 0, which writes metrics and checkpoints.
        foreach (var number in (int[])[2, 0])
        {
            await LostAsync(steps, $"kill -9 of trainer-{number} of three", () => NodeProcesses.Kill(workspace, "trainer", number));
        }

        var frozen = 0;
        await LostAsync(
            steps,
            "SIGSTOP of trainer-1 of three",
            () => frozen = NodeProcesses.Signal(workspace, "trainer", 1, PosixSignals.Stop),
            () => PosixSignals.Send(frozen, PosixSignals.Continue));
        Assert.Equal(0, steps.DoneAgain());
        var all = await steps.RecoveryAsync("all trainers were killed", () =>
        {
            for (var number = 0; number < 3; number++)
            {
                NodeProcesses.Kill(workspace, "trainer", number);
            }
        });
        Say("kill -9 of all three trainers", all);
        var result = await runs.CompleteAsync("trainers-lost", run);

        output.WriteLine($"steps done again after all were killed: {steps.DoneAgain()}, checkpoints are {Runs.LongCheckpointEvery} apart");
        Assert.InRange(steps.DoneAgain(), 0, 2 * Runs.LongCheckpointEvery);
        var weights = reference.WeightDifference(result);
        output.WriteLine($"largest relative difference of weights: {weights:G3}");
        Assert.True(weights <= 1e-4, $"weights differ by {weights:G3} relative");
        await WorkspaceChecks.HoldAsync(output, workspace, reference);
    }

    [SkippableFact]
    public async Task Steps_go_on_while_coordinators_are_killed_one_after_the_other()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Long;
        var workspace = runs.WorkspaceOf("coordinators-lost");
        using var run = await runs.StartLongAsync(
            "coordinators-lost", featurizers: 1, trainers: 1, coordinators: 2, environment: Runs.Paced(150));
        using var steps = new StepWatch(workspace, run);
        await steps.UntilAsync("a step", s => s.Step >= 10);

        foreach (var number in (int[])[0, 1])
        {
            var at = DateTimeOffset.UtcNow;
            NodeProcesses.Kill(workspace, "coordinator", number);
            await IsmVerb.TellAsync(workspace, "status");
            var back = DateTimeOffset.UtcNow;
            Say($"kill -9 of coordinator-{number} of two to an answer of the job", back - at);
            output.WriteLine($"  {steps.Between(at, back)} steps meanwhile");
            Assert.True(steps.Between(at, back) > 0, "no step was done while the job moved to the other coordinator");
        }

        await runs.CompleteAsync("coordinators-lost", run);
        Assert.Equal(0, steps.DoneAgain());
        await WorkspaceChecks.HoldAsync(output, workspace, reference);
    }

    private async Task LostAsync(StepWatch steps, string what, Action fault, Action? repair = null)
    {
        var took = await steps.RecoveryAsync(what, fault);
        Say($"{what} to the next step", took);
        Assert.True(took < Generous, $"{what}: {took.TotalSeconds:F1} s to the next step");
        repair?.Invoke();
        await steps.UntilAsync($"three trainers after {what}", s => s.World == 3);
    }

    private void Say(string what, TimeSpan took) => output.WriteLine($"{what}: {took.TotalSeconds:F1} s");
}
