using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Cli.Verbs;
using Ism.Protocol.Jobs;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Tests.Slurm;

public sealed class SlurmVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-verb-").FullName;

    private string Workspace => Path.Combine(_folder, "workspace");

    [Fact]
    public async Task Should_write_scripts_and_the_job_and_submit_nothing_unasked()
    {
        var run = await Invocation.Of("slurm", JobFileWithStructures(), "--nodes", "2", "--gpus-per-node", "4", "--featurizers", "6", "--standbys", "2");

        Assert.True(run.Code == ExitCode.Success, run.Error);
        Assert.Equal(SlurmScripts.Names.Order(), Directory.GetFiles(Path.Combine(Workspace, "slurm")).Select(f => Path.GetFileName(f)).Order());
        var job = JobJson.Load(Path.Combine(Workspace, JobJson.FileName));
        Assert.Equal((3, 8, 6), (job.Cluster.Coordinators, job.Cluster.Trainers, job.Cluster.Featurizers));
        Assert.Contains("with --submit", run.Error);
        Assert.Null(SlurmRecord.TryRead(Workspace));
        Assert.Empty(run.Output);
    }

    [SkippableFact]
    public async Task Should_print_the_ids_of_what_it_submits()
    {
        using var slurm = new PretendedSlurm();
        var (code, output, _) = await RunAsync(slurm.Commands, submit: true);
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal("101  coordinator.sbatch 0\n102  trainers.sbatch\n103  featurizers.sbatch\n", output.ReplaceLineEndings("\n"));
    }

    [SkippableFact]
    public async Task Should_keep_scripts_that_somebody_has_changed()
    {
        using var slurm = new PretendedSlurm();
        var missing = await Assert.ThrowsAsync<UsageException>(() => RunAsync(slurm.Commands, submit: true, keep: true));
        Assert.StartsWith("--keep ", missing.Message);

        await RunAsync(slurm.Commands, submit: false);
        var path = Path.Combine(Workspace, "slurm", SlurmScripts.Trainers);
        await File.AppendAllTextAsync(path, "# mine\n");
        await RunAsync(slurm.Commands, submit: true, keep: true);
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Should_refuse_a_job_that_cannot_run()
    {
        var file = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(file, $"workspace: {Workspace}\ncorpus:\n  structures: [{_folder}/none]\n");
        var run = await Invocation.Of("slurm", file);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.Contains("corpus.structures", run.Error);
        Assert.False(Directory.Exists(Workspace));
    }

    [SkippableTheory]
    [InlineData("/shared/runs/a", "/shared/ism", "")]
    [InlineData("/tmp/a", "/shared/ism", "workspace /tmp/a is below /tmp")]
    [InlineData("/tmpfs/a", "/shared/ism", "")]
    [InlineData("runs/a", "/shared/ism", "workspace runs/a is taken from the current folder: /home-of-all/runs/a")]
    [InlineData("/shared/runs/a", "/dev/shm/ism", "/dev/shm/ism is below /dev/shm")]
    public void Should_warn_of_places_that_other_machines_may_not_see(string workspace, string program, string warning)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        var warnings = SlurmPaths.Warnings(workspace, "/home-of-all", new ProgramCommand(program, [])).ToList();
        Assert.Equal(warning.Length > 0 ? 1 : 0, warnings.Count);
        Assert.All(warnings, w => Assert.StartsWith(warning, w));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Code, string Output, string Error)> RunAsync(SlurmCommands commands, bool submit, bool keep = false)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        using var interruption = Interruption.Silent();
        var code = await SlurmVerb.RunAsync(
            new VerbContext(output, error, interruption), JobFile.Load(JobFileWithStructures(), []).Job, new SlurmPlan { Standbys = 0 },
            null, submit, keep, commands, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    private string JobFileWithStructures()
    {
        var structures = Path.Combine(_folder, "structures");
        if (!Directory.Exists(structures))
        {
            SyntheticCorpus.Write(structures, 2, 5, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        }

        var file = Path.Combine(_folder, "job.yaml");
        File.WriteAllText(file, $"variant: demo\nworkspace: {Workspace}\ncorpus:\n  structures: [{structures}]\n");
        return file;
    }
}
