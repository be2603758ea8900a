using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class SlurmSubmissionTests
{
    [SkippableFact]
    public async Task Should_submit_coordinators_first_and_the_others_after_them()
    {
        using var slurm = new PretendedSlurm();
        var told = new List<string>();
        Directory.CreateDirectory(Path.Combine(slurm.Workspace, "cluster", "members"));

        var record = await Submission(slurm, new SlurmPlan { Time = "24:00:00", Standbys = 1 }).RunAsync(told.Add, CancellationToken.None);

        Assert.Equal(
            [
                "sbatch --parsable --time=1-00:00:00 /s/coordinator.sbatch 0",
                "sbatch --parsable --time=18:00:00 /s/coordinator.sbatch 1",
                "sbatch --parsable --dependency=after:101 /s/trainers.sbatch",
                "sbatch --parsable --dependency=after:101 /s/featurizers.sbatch",
            ],
            slurm.Calls);
        Assert.Equal(["101  coordinator.sbatch 0", "102  coordinator.sbatch 1", "103  trainers.sbatch", "104  featurizers.sbatch"], told);
        Assert.Equal(["101", "102", "103", "104"], record.All);
        Assert.Equal(record.All, SlurmRecord.TryRead(slurm.Workspace)!.All);
        Assert.False(Directory.Exists(Path.Combine(slurm.Workspace, "cluster")), "addresses of an earlier cluster would mislead the new nodes");
    }

    [SkippableFact]
    public async Task Should_leave_nothing_in_the_queue_when_a_script_is_refused()
    {
        using var slurm = new PretendedSlurm();
        slurm.Refuse("trainers");

        var refused = await Assert.ThrowsAsync<SlurmException>(
            () => Submission(slurm, new SlurmPlan { Standbys = 0 }).RunAsync(_ => { }, CancellationToken.None));

        Assert.Equal(
            "sbatch /s/trainers.sbatch was refused (1): sbatch: error: invalid account; sbatch: error: Batch job submission failed: Invalid account",
            refused.Message);
        Assert.Equal("scancel 101", slurm.Calls[^1]);
        Assert.Null(SlurmRecord.TryRead(slurm.Workspace));
    }

    [SkippableFact]
    public async Task Should_not_submit_a_job_twice_while_it_is_in_the_queue()
    {
        using var slurm = new PretendedSlurm();
        await Submission(slurm, new SlurmPlan { Standbys = 0 }).RunAsync(_ => { }, CancellationToken.None);
        slurm.Queue("101 N/A R", "103 0 PD", "103 1 PD", "999 N/A R", "102 N/A CG");

        var refused = await Assert.ThrowsAsync<UsageException>(
            () => Submission(slurm, new SlurmPlan()).RunAsync(_ => { }, CancellationToken.None));

        Assert.Contains("in Slurm's queue: 101, 103;", refused.Message);
        Assert.Equal(3, slurm.Calls.Count);
        slurm.Queue("999 N/A R");
        Assert.Equal("104", (await Submission(slurm, new SlurmPlan { Standbys = 0 }).RunAsync(_ => { }, CancellationToken.None)).Coordinators[0]);
    }

    [Fact]
    public async Task Should_say_that_slurm_is_not_there()
    {
        var missing = await Assert.ThrowsAsync<SlurmException>(
            () => new SlurmCommands("/nowhere").SubmitAsync("x.sbatch", [], [], CancellationToken.None));
        Assert.StartsWith("/nowhere/sbatch cannot be run: ", missing.Message);
        Assert.Contains("login node", missing.Message);
    }

    [Fact]
    public void Should_say_which_record_is_damaged()
    {
        var folder = Directory.CreateTempSubdirectory("ism-record-");
        var path = SlurmRecord.PathIn(folder.FullName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "{\"coordinators\": [");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => SlurmRecord.TryRead(folder.FullName)).Message);
        File.WriteAllText(path, "{\"scripts\": \"x\"}");
        Assert.Contains("is damaged", Assert.Throws<InvalidDataException>(() => SlurmRecord.TryRead(folder.FullName)).Message);
        folder.Delete(recursive: true);
    }

    private static SlurmSubmission Submission(PretendedSlurm slurm, SlurmPlan plan) => new(slurm.Commands, plan, slurm.Workspace, "/s");
}
