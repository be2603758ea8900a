using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>The workspace's disk is full for a while.</summary>
[Collection(Runs.Collection)]
public class FullDiskTests(Runs runs, ITestOutputHelper output)
{
    private const string DiskFull = "No space left on device";

    [SkippableFact]
    public async Task Steps_go_on_while_the_disk_is_full_and_the_job_completes_once_there_is_room()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Long;
        using var disk = SmallDisk.Mount(runs.WorkspaceOf("full-disk"));
        var workspace = Path.Combine(runs.WorkspaceOf("full-disk"), "workspace");
        using var run = await runs.StartLongAsync("full-disk", featurizers: 1, trainers: 1, settings: $"workspace={workspace}");
        using var steps = new StepWatch(workspace, run);
        await steps.UntilAsync("a checkpoint", () => Checkpoints.Steps(workspace).Count > 0);

        disk.Fill();
        var full = DateTimeOffset.UtcNow;
        await steps.UntilAsync("a word about the full disk", () => Warnings(run).Count >= 2);
        var room = DateTimeOffset.UtcNow;
        disk.Empty();
        output.WriteLine(string.Join('\n', Warnings(run)));
        await runs.CompleteAsync("full-disk", run, workspace);

        var meanwhile = steps.Between(full, room);
        output.WriteLine($"{meanwhile} steps in {(room - full).TotalSeconds:F1} s with a full disk");
        Assert.True(meanwhile >= Runs.LongCheckpointEvery, $"only {meanwhile} steps while the disk was full");
        Assert.Equal(0, steps.DoneAgain());
        await WorkspaceChecks.HoldAsync(output, workspace, reference);
    }

    [SkippableFact]
    public async Task Tokenising_waits_while_the_disk_is_full_and_then_goes_on()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        using var disk = SmallDisk.Mount(runs.WorkspaceOf("full-early"));
        var workspace = Path.Combine(runs.WorkspaceOf("full-early"), "workspace");
        using var run = runs.Start(
            "full-early", reference, featurizers: 2, trainers: 1,
            $"workspace={workspace}", "corpus.chunkSize=1", "corpus.heldout=[]", "tuning.epochs=2");
        using var watch = new WorkspaceWatch(workspace);
        await watch.UntilAsync("a token file", () => TokenFiles(workspace) > 0, run, Runs.RunDeadline);
        disk.Fill();
        await watch.UntilAsync("a word about the full disk", () => Warnings(run).Count > 0, run, Runs.RunDeadline);
        var made = TokenFiles(workspace);
        output.WriteLine($"{made} of {Runs.Proteins} token files when the disk was full:\n{string.Join('\n', Warnings(run))}");
        Assert.True(made < Runs.Proteins, "the disk was filled too late to disturb");
        disk.Empty();
        await runs.CompleteAsync("full-early", run, workspace);

        await WorkspaceChecks.HoldAsync(output, workspace);
    }

    private static List<string> Warnings(IsmProcess run) =>
        [.. run.Output.Split('\n').Where(line => line.Contains(DiskFull, StringComparison.OrdinalIgnoreCase)
            || line.Contains("disk is full", StringComparison.OrdinalIgnoreCase))];

    private static int TokenFiles(string workspace) => Directory.Exists(Path.Combine(workspace, "tokens"))
        ? Directory.EnumerateFiles(Path.Combine(workspace, "tokens"), "*.arrow", SearchOption.AllDirectories).Count()
        : 0;
}
