using System.Diagnostics;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

/// <summary>node.sh over a shell script in the place of `ism`.</summary>
public sealed class NodeScriptTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-node-").FullName;

    [SkippableFact]
    public async Task Should_start_a_node_again_until_it_ends_well()
    {
        var (code, said) = await RunAsync("""
            echo run >> "$here/runs"
            [ "$(wc -l < "$here/runs")" -ge 3 ] || exit 7
            echo "$*" > "$here/asked"
            echo "$OMP_NUM_THREADS $TMPDIR" > "$here/environment"
            [ -d "$TMPDIR" ] && touch "$TMPDIR/scratch"
            """);

        Assert.Equal(0, code);
        Assert.Equal(3, File.ReadAllLines(At("runs")).Length);
        Assert.Equal($"node featurizer --workspace {_folder} --number 3", File.ReadAllText(At("asked")).Trim());
        Assert.Contains("featurizer ended with 7 and is started again", said);
        var environment = File.ReadAllText(At("environment")).Trim().Split(' ');
        Assert.Equal("6", environment[0]);
        Assert.Equal(At("scratch/ism-88-featurizer-0"), environment[1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(At("scratch")));
    }

    [SkippableFact]
    public async Task Should_give_up_a_node_that_dies_at_once_again_and_again()
    {
        var (code, said) = await RunAsync("echo run >> \"$here/runs\"; exit 9");

        Assert.Equal(9, code);
        Assert.Equal(5, File.ReadAllLines(At("runs")).Length);
        Assert.Contains("is not started again", said);
    }

    [SkippableFact]
    public async Task Should_start_nothing_once_the_job_is_over()
    {
        Directory.CreateDirectory(At("cluster"));
        await File.WriteAllTextAsync(At("cluster/ended.json"), "{\"Error\":null}");
        var (code, said) = await RunAsync("echo run >> \"$here/runs\"");

        Assert.Equal(0, code);
        Assert.False(File.Exists(At("runs")));
        Assert.Contains("the job is over: {\"Error\":null}", said);
    }

    [SkippableFact]
    public async Task Should_not_start_a_node_again_that_ended_with_its_job()
    {
        var (code, _) = await RunAsync("echo run >> \"$here/runs\"; mkdir \"$here/cluster\"; echo {} > \"$here/cluster/ended.json\"; exit 1");

        Assert.Equal(1, code);
        Assert.Single(File.ReadAllLines(At("runs")));
    }

    [SkippableFact]
    public async Task Should_hand_on_the_warning_and_keep_a_term_to_itself()
    {
        // The node leaves a second after the warning, long after the shell's own wait was ended by the signal.
        using var script = Start("""
            trap 'echo USR1 >> "$here/signals"; sleep 1; exit 0' USR1
            trap 'echo TERM >> "$here/signals"' TERM
            echo $$ > "$here/ready.new"; mv "$here/ready.new" "$here/ready"
            while :; do sleep 0.1; done
            """);
        await UntilAsync(() => File.Exists(At("ready")));
        Signal(script, "TERM");
        Signal(script, "USR1");
        var said = await script.StandardError.ReadToEndAsync().WaitAsync(Deadline);
        await script.WaitForExitAsync().WaitAsync(Deadline);

        Assert.Equal(["USR1"], File.ReadAllLines(At("signals")));
        Assert.True(script.ExitCode == 0, said);
        Assert.DoesNotContain("started again", said);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Code, string Said)> RunAsync(string ism)
    {
        using var script = Start(ism);
        var said = await script.StandardError.ReadToEndAsync().WaitAsync(Deadline);
        await script.WaitForExitAsync().WaitAsync(Deadline);
        return (script.ExitCode, said);
    }

    private Process Start(string ism)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "runs a script of bash");
        File.WriteAllText(At("ism"), $"#!/bin/bash\nhere='{_folder}'\n{ism}\n");
        new SlurmScripts(
            new SlurmPlan { Scratch = At("scratch") }, "job", _folder, At("slurm"), new ProgramCommand("/bin/bash", [At("ism")]), null).Write();
        var start = new ProcessStartInfo(At("slurm/node.sh"), ["featurizer", "--number", "3"]) { RedirectStandardError = true };
        start.Environment["SLURM_CPUS_PER_TASK"] = "6";
        start.Environment["SLURM_JOB_ID"] = "88";
        start.Environment.Remove("SLURM_PROCID");
        return Process.Start(start)!;
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        using var watcher = new FileSystemWatcher(_folder) { EnableRaisingEvents = true };
        using var changed = new SemaphoreSlim(0);
        watcher.Renamed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        while (!condition())
        {
            Assert.True(await changed.WaitAsync(Deadline), "the node did not begin");
        }
    }

    private string At(string name) => Path.Combine(_folder, name);
}
