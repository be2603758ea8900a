using Xunit.Abstractions;

namespace Ism.System.Tests.Partitions;

/// <summary>Real links between hosts are cut and healed while a job runs.</summary>
[Collection(Runs.Collection)]
public class NetworkPartitionTests(Runs runs, ITestOutputHelper output)
{
    private const double Tolerance = 1e-4;
    private const int Trainers = 3;
    private const string Trainer = "trainer-2";
    private const string Coordinator = "coordinator-0";

    // Steps slow enough that the job outlasts a node's way out of the cluster and back into it.
    private const int SlowSteps = 230;
    private const int Steps = 160;
    private static readonly TimeSpan Flap = TimeSpan.FromSeconds(4);

    [SkippableFact]
    public async Task A_flapping_link_costs_nobody_and_an_isolated_trainer_is_left_behind_and_taken_in_again()
    {
        var (reference, nodes, workspace) = await StartAsync("isolated-trainer", SlowSteps);
        using (nodes)
        {
            await nodes.UntilAsync("step 10 with all trainers", () => World(workspace, 10) == Trainers);
            for (var time = 0; time < 2; time++)
            {
                nodes.Cut(Trainer);
                await Task.Delay(Flap);
                nodes.Heal(Trainer);
                var again = MetricsLines.LastTuningStep(workspace);
                await nodes.UntilAsync("five more steps", () => MetricsLines.LastTuningStep(workspace) > again + 5);
            }

            Assert.DoesNotContain("joins again", nodes.Output, StringComparison.Ordinal);
            var cut = MetricsLines.LastTuningStep(workspace);
            nodes.Cut(Trainer);
            await nodes.UntilAsync("20 steps without it", () => World(workspace, cut + 20) == Trainers - 1);
            await nodes.UntilAsync("it leaves", () => nodes.OutputOf(Trainer).Contains("joins again", StringComparison.Ordinal));
            var healed = MetricsLines.LastTuningStep(workspace);
            nodes.Heal(Trainer);
            await nodes.UntilAsync("a step with it", () => World(workspace, healed + 1) == Trainers);
            await nodes.CompleteAsync();
        }

        Same(reference, new RunResult(workspace, ""));
    }

    [SkippableFact]
    public async Task Trainers_go_on_while_the_only_coordinator_is_isolated_and_the_job_ends_when_it_is_back()
    {
        var (reference, nodes, workspace) = await StartAsync("isolated-coordinator", Steps);
        using (nodes)
        {
            await nodes.UntilAsync("step 20 with all trainers", () => World(workspace, 20) == Trainers);
            var cut = MetricsLines.LastTuningStep(workspace);
            nodes.Cut(Coordinator);
            await nodes.UntilAsync("it leaves", () => nodes.OutputOf(Coordinator).Contains("joins again", StringComparison.Ordinal));
            var left = MetricsLines.LastTuningStep(workspace);
            Assert.True(left > cut + 1, $"the last step was {cut} when the coordinator was cut off and {left} when it left:\n{nodes.Output}");
            await nodes.UntilAsync("20 more steps", () => World(workspace, left + 20) == Trainers);
            nodes.Heal(Coordinator);
            await nodes.CompleteAsync();
            Assert.DoesNotContain("joins again", nodes.OutputOf(Trainer), StringComparison.Ordinal);
        }

        Same(reference, new RunResult(workspace, ""));
    }

    // Number of trainers in the newest step, once a step is reached; else 0.
    private static int World(string workspace, long step)
    {
        var steps = MetricsLines.Steps(Path.Combine(workspace, "metrics.jsonl"), "structure-tuning");
        return steps.Keys.LastOrDefault() >= step ? steps.Values.Last().World : 0;
    }

    private async Task<(RunResult Reference, NetworkedNodes Nodes, string Workspace)> StartAsync(string name, int milliseconds)
    {
        Soak.OrSkip();
        NetworkedNodes.Require();
        var origin = await runs.Reference;
        var reference = await runs.Long;
        var workspace = runs.WorkspaceOf(name);
        var arguments = runs.Arguments(
            name, origin, 1, Trainers, [.. Runs.LongSettings, "cluster.featurizers=1", $"cluster.trainers={Trainers}"]);
        return (reference, await NetworkedNodes.StartAsync(workspace, arguments, Trainers, Runs.Paced(milliseconds), output), workspace);
    }

    private void Same(RunResult reference, RunResult result)
    {
        output.WriteLine($"worlds: {string.Join(", ", result.Tuning.Values.Select(s => s.World).Distinct())}");
        CurveComparison.SameUpToRounding(reference, result, Tolerance, output, reference.Tuning.Count);
    }
}
