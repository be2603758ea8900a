using System.Text.Json;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Everything at once: `ism chaos` over the long job.</summary>
[Collection(Runs.Disturbed)]
public class ChaosTests(Runs runs, ITestOutputHelper output)
{
    private const int Seed = 20260;
    private const int FewestFaults = 10;

    // At this pace the job outlasts three minutes of faults by a little, on any machine.
    private const int StepMilliseconds = 400;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    [SkippableFact]
    public async Task A_job_under_faults_for_three_minutes_does_exactly_what_it_does_undisturbed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        output.WriteLine($"seed {Seed}");
        using var chaos = IsmProcess.Start(Runs.Paced(StepMilliseconds), await runs.ChaosArgumentsAsync(
            "--minutes", "3", "--seed", $"{Seed}", "--tolerance", "1e-5", "--json",
            "--set", "cluster.coordinators=2", "--set", "cluster.featurizers=3", "--set", "cluster.trainers=3"));
        var code = await chaos.ExitAsync(Deadline);

        output.WriteLine(chaos.Output);
        Assert.True(code == 0, $"`ism chaos` ended with {code}:\n{chaos.Output}\n{runs.Logs($"{Runs.Chaos}/chaos-{Seed}")}");
        Assert.All(WorkspaceChecks.Parse(chaos.Output), f => Assert.True(f.Holds, $"{f.What}: {f.Detail}"));
        var faults = File.ReadLines(Path.Combine(runs.WorkspaceOf(Runs.Chaos), $"chaos-{Seed}", "chaos.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("fault").GetString()!).ToList();
        output.WriteLine($"{faults.Count} faults: {string.Join(", ", faults.CountBy(f => f).Select(f => $"{f.Value} {f.Key}"))}");
        if (!faults.Contains("cutoff"))
        {
            output.WriteLine("without cut-off nodes: links can be cut by root on Linux only");
        }

        Assert.True(faults.Count >= FewestFaults, $"only {faults.Count} faults: the job was over too early");
        Assert.Superset(new HashSet<string> { "kill", "freeze", "leave", "scale" }, faults.ToHashSet());
        Assert.Empty(NodeProcesses.Of(Path.Combine(runs.WorkspaceOf(Runs.Chaos), $"chaos-{Seed}")));
    }
}
