using System.Text.Json;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>A running job is paused, resumed, scaled, asked for a checkpoint, and cancelled.</summary>
[Collection(Runs.Collection)]
public class ControlTests(Runs runs, ITestOutputHelper output)
{
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_running_job_does_what_it_is_told_and_its_curve_stays_the_same()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Long;
        var workspace = runs.WorkspaceOf("controlled");
        using (var run = await runs.StartLongAsync("controlled", featurizers: 1, trainers: 1, environment: Runs.Paced(200)))
        {
            using var steps = new StepWatch(workspace, run);
            await steps.UntilAsync("a step", s => s.Step >= 5);
            Assert.Contains("structure-tuning", await StatusAsync(workspace));
            await PauseAndResumeAsync(workspace, steps, run);
            await CheckpointAsync(workspace);
            await ScaleAsync(workspace, steps);
            output.WriteLine($"all that is done before step {steps.Last.Step} of {Runs.LongSteps}");

            output.WriteLine(await IsmVerb.TellAsync(workspace, "cancel"));
            Assert.Equal(1, await run.ExitAsync(EndDeadline));
            Assert.Contains("cancelled by", run.Output);
            Assert.Equal(0, steps.DoneAgain());
        }

        await NodeProcesses.NoneAsync(workspace, EndDeadline);
        Assert.NotEqual(0, (await IsmVerb.RunAsync("status", "--workspace", workspace)).Code);
        using var again = await runs.StartLongAsync("controlled", featurizers: 1, trainers: 1, environment: Runs.Paced(0));
        await runs.CompleteAsync("controlled", again);
        await WorkspaceChecks.HoldAsync(output, workspace, reference);
    }

    private async Task PauseAndResumeAsync(string workspace, StepWatch steps, IsmProcess run)
    {
        await IsmVerb.TellAsync(workspace, "pause");
        await steps.UntilAsync(
            "the group to say that it is paused",
            () => run.Output.Contains("structure-tuning is paused", StringComparison.Ordinal));
        var stood = DateTimeOffset.UtcNow;
        var last = steps.Last.Step;
        Assert.Contains("paused", await StatusAsync(workspace));
        var resumed = DateTimeOffset.UtcNow;
        Assert.Equal(last, steps.Last.Step);
        Assert.Equal(0, steps.Between(stood, resumed));
        output.WriteLine($"paused after step {last}: no step in {(resumed - stood).TotalSeconds:F1} s");
        await IsmVerb.TellAsync(workspace, "resume");
        var next = await steps.UntilAsync("a step after the pause", s => s.Step > last);
        output.WriteLine($"resumed: the next step after {(next.Time - resumed).TotalSeconds:F1} s");
    }

    private async Task CheckpointAsync(string workspace)
    {
        var said = await IsmVerb.TellAsync(workspace, "checkpoint");
        output.WriteLine(said);
        var step = Checkpoints.StepIn(said);
        Assert.Contains(step, Checkpoints.Steps(workspace));
    }

    private static async Task ScaleAsync(string workspace, StepWatch steps)
    {
        await IsmVerb.TellAsync(workspace, "scale", "trainers", "3");
        await IsmVerb.TellAsync(workspace, "scale", "featurizers", "2");
        await steps.UntilAsync("a step of three trainers", s => s.World == 3);
        await steps.UntilAsync("a second featurizer", () => NodeProcesses.Of(workspace, "featurizer").Count == 2);
        await IsmVerb.TellAsync(workspace, "scale", "trainers", "1");
        await IsmVerb.TellAsync(workspace, "scale", "featurizers", "1");
        await steps.UntilAsync("a step of one trainer", s => s.World == 1);
        await steps.UntilAsync(
            "one trainer and one featurizer",
            () => NodeProcesses.Of(workspace, "trainer").Count == 1 && NodeProcesses.Of(workspace, "featurizer").Count == 1);
    }

    private static async Task<string> StatusAsync(string workspace)
    {
        var said = await IsmVerb.TellAsync(workspace, "status", "--json");
        var answer = JsonDocument.Parse(said.Split('\n').Single(line => line.StartsWith('{'))).RootElement;
        Assert.True(answer.GetProperty("done").GetBoolean());
        Assert.Equal(workspace, answer.GetProperty("workspace").GetString());
        return answer.GetProperty("message").GetString()!;
    }
}
