using System.Diagnostics;
using System.Globalization;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests.Slurm;

/// <summary>A job on a real Slurm: controller and node on this machine.</summary>
[Collection(Runs.Disturbed)]
public class SlurmJobTests(Runs runs, SlurmCluster slurm, ITestOutputHelper output) : IClassFixture<SlurmCluster>
{
    private const string Name = "under-slurm";

    // Milliseconds: with it the job outlasts the minute that it may take from a shortened time limit to Slurm's warning.
    private const int Step = 170;

    // Seconds. Slurm looks every 30 s, and warns when less than this and those 30 s are left.
    private const string Warning = "60";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(6);
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private string Workspace => runs.WorkspaceOf(Name);

    [SkippableFact]
    public async Task A_job_is_submitted_scaled_hits_its_time_limit_is_queued_again_and_learns_the_same()
    {
        slurm.Require();
        var (reference, undisturbed) = (await runs.Reference, await runs.Long);
        Say("the runs to compare with are there");
        var trainers = (await SubmitAsync(reference, "--time", "60"))["trainers.sbatch"];
        using var watch = new WorkspaceWatch(Workspace);

        await UntilAsync(watch, "a step of two trainers", () => MetricsLines.LastTuning(Workspace) is { World: 2 });
        var ran = TimeSpan.Parse(slurm.Show(trainers, "RunTime"), CultureInfo.InvariantCulture);
        var limit = Math.Ceiling(ran.TotalMinutes + 1).ToString(CultureInfo.InvariantCulture);
        slurm.Run("scontrol", "update", $"JobId={trainers}", $"TimeLimit={limit}");
        Say($"the trainers have run for {ran.TotalSeconds:F0} s, their limit is {limit} min now");

        await UntilAsync(watch, "the trainers to be queued again", () => slurm.Show(trainers, "JobState") == "PENDING");
        Assert.Equal("1", slurm.Show(trainers, "Restarts"));
        var stopped = MetricsLines.LastTuning(Workspace)!.Step;
        var kept = Checkpoints.Steps(Workspace)[0];
        Say($"stopped at step {stopped} with a checkpoint after step {kept}");
        Assert.InRange(stopped, 1, Runs.LongSteps - 1);
        Assert.InRange(kept, 1, stopped);

        // Slurm lets a job that is queued again wait for two minutes: time to change the number of featurizers.
        await ScaleAsync(watch);
        slurm.Run("scontrol", "update", $"JobId={trainers}", "TimeLimit=60", "StartTime=now");
        await UntilAsync(watch, "a further step", () => MetricsLines.LastTuning(Workspace)!.Step > stopped);
        await UntilAsync(watch, "the queue to be empty", () => slurm.Run("squeue", "--noheader").Length == 0);

        Assert.Equal("1", slurm.Show(trainers, "Restarts"));
        Assert.Equal("COMPLETED", slurm.Show(trainers, "JobState"));
        var log = await File.ReadAllTextAsync(Path.Combine(Workspace, "logs", $"ism-{Name}-trainers-{trainers}.out"));
        // Each rank asks for one, and takes the one that is under way or just written, which may be a step older than the last.
        Assert.Matches(@"asked to leave after a checkpoint: the checkpoint after step \d+ is written", log);
        Assert.Contains($"continues from the checkpoint after step {kept}", log);
        Assert.Contains("rank 1 of 2 on this machine takes GPU 1", log);
        await NodeProcesses.NoneAsync(Workspace, TimeSpan.FromSeconds(30));
        await WorkspaceChecks.HoldAsync(output, Workspace, undisturbed);
    }

    [SkippableFact]
    public async Task A_job_that_slurm_refuses_is_told_in_its_own_words_and_leaves_nothing_in_the_queue()
    {
        slurm.Require();
        var (code, said) = await SlurmAsync("refused", await runs.Reference, "--partition", "nowhere", "--coordinator-partition", "all");

        Assert.Equal(1, code);
        Assert.Contains("trainers.sbatch was refused (1): sbatch: error: invalid partition specified: nowhere", said);
        Assert.Contains("nothing is left in the queue", said);
        Assert.DoesNotContain("refused", slurm.Run("squeue", "--noheader", "--states=PENDING,RUNNING", "--format=%j"));
    }

    private async Task ScaleAsync(WorkspaceWatch watch)
    {
        Assert.Equal([0, 1], slurm.Elements("RUNNING"));
        var said = await TellAsync("scale", "featurizers", "4");
        Assert.Contains("2 featurizer(s) submitted", said);
        await UntilAsync(watch, "four featurizers in the queue", () => slurm.Elements("RUNNING") is [0, 1, 2, 3]);
        await UntilAsync(watch, "featurizer-3 in the cluster", () => File.Exists(Path.Combine(Workspace, "cluster", "members", "featurizer-3")));

        said = await TellAsync("scale", "featurizers", "1");
        Assert.Contains("3 featurizer(s) asked to leave", said);
        await UntilAsync(watch, "one featurizer in the queue", () => slurm.Elements("RUNNING,COMPLETING,PENDING") is [0]);
        Assert.DoesNotContain("featurizer-3", Directory.EnumerateFiles(Path.Combine(Workspace, "cluster", "members")).Select(Path.GetFileName));
    }

    private async Task<string> TellAsync(params string[] arguments)
    {
        using var process = IsmProcess.Start(slurm.Environment, [.. arguments, "--workspace", Workspace]);
        var code = await process.ExitAsync(TimeSpan.FromMinutes(2));
        Say($"ism {string.Join(' ', arguments)}: {process.Output.Replace('\n', ' ')}");
        Assert.True(code == 0, process.Output);
        return process.Output;
    }

    // The ids by script.
    private async Task<IReadOnlyDictionary<string, string>> SubmitAsync(RunResult reference, params string[] options)
    {
        var (code, said) = await SlurmAsync(Name, reference, options);
        Say(said);
        Assert.True(code == 0, said);
        return said.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length >= 2 && words[1].EndsWith(".sbatch", StringComparison.Ordinal) && words[0].All(char.IsAsciiDigit))
            .ToDictionary(words => words[1], words => words[0]);
    }

    private async Task<(int Code, string Said)> SlurmAsync(string name, RunResult reference, params string[] options)
    {
        string[] arguments = runs.Arguments(name, reference, featurizers: 2, trainers: 2, Runs.LongSettings);
        var settings = arguments[arguments.ToList().IndexOf("--set")..];
        using var process = IsmProcess.Start(
            new Dictionary<string, string>(slurm.Environment.Concat(Runs.Paced(Step))),
            [
                "slurm", arguments[1], .. settings, "--nodes", "1", "--gpus-per-node", "2", "--cpus-per-trainer", "1", "--featurizers", "2",
                "--cpus-per-featurizer", "1", "--standbys", "0", "--warning", Warning, .. options, "--submit",
            ]);
        return (await process.ExitAsync(TimeSpan.FromMinutes(2)), process.Output);
    }

    private async Task UntilAsync(WorkspaceWatch watch, string what, Func<bool> condition)
    {
        using var over = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(over.IsCancellationRequested, $"no {what} within {Deadline.TotalMinutes:F0} min:\n{Logs()}");
            await watch.ChangeAsync(over.Token);
        }

        Say(what);
    }

    private string Logs() => $"{slurm.Run("squeue")}\n{runs.Logs(Name)}\n{slurm.Logs()}";

    private void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:F1} s: {what}");
}
