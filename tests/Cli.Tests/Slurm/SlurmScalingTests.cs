using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class SlurmScalingTests
{
    [SkippableFact]
    public async Task Should_submit_the_numbers_that_are_free()
    {
        using var slurm = Running("103 0 R", "103 2 R", "103 3 CG", "104 5 PD", "101 N/A R", "999 1 R");

        var said = await ScaleAsync(slurm, "featurizer", 7);

        // 3 is still leaving under its name.
        Assert.Equal(["sbatch --parsable --array=1,4,6-7 /s/featurizers.sbatch"], slurm.Calls);
        Assert.Equal("Slurm: 4 featurizer(s) submitted as 101_[1,4,6-7] beside the 3 that are there", said);
        Assert.Equal(["103", "104", "101"], SlurmRecord.TryRead(slurm.Workspace)!.Featurizers);
    }

    [SkippableFact]
    public async Task Should_ask_the_highest_numbers_to_leave_and_take_back_those_that_wait()
    {
        using var slurm = Running("103 0 R", "103 1 R", "103 2 R", "104 3 R", "104 4 PD", "104 5 PD", "104 6 CG");

        var said = await ScaleAsync(slurm, "featurizer", 2);

        Assert.Equal(["scancel 104_4 104_5", "scancel --full --signal=TERM 103_2 104_3"], slurm.Calls);
        Assert.Equal(
            "Slurm: 2 featurizer(s) asked to leave (103_2, 104_3); 2 that waited taken out of the queue (104_4, 104_5); 2 stay", said);
    }

    [SkippableFact]
    public async Task Should_do_nothing_when_so_many_are_there()
    {
        using var slurm = Running("103 0 R", "103 1 PD");
        Assert.Equal("Slurm: 2 featurizer(s) are there already", await ScaleAsync(slurm, "featurizer", 2));
        Assert.Empty(slurm.Calls);
    }

    [SkippableFact]
    public async Task Should_start_again_when_none_is_left()
    {
        using var slurm = Running();
        await ScaleAsync(slurm, "featurizer", 3);
        Assert.Equal(["sbatch --parsable --array=0-2 /s/featurizers.sbatch"], slurm.Calls);
    }

    [SkippableFact]
    public async Task Should_say_that_trainers_are_of_fixed_size()
    {
        using var slurm = Running("102 N/A R");
        Assert.Contains("one job of fixed size (102)", await ScaleAsync(slurm, "trainer", 4));
        Assert.Empty(slurm.Calls);
    }

    [SkippableFact]
    public async Task Should_leave_a_job_alone_that_does_not_run_under_slurm()
    {
        using var slurm = new PretendedSlurm();
        Assert.Null(await ScaleAsync(slurm, "featurizer", 4));
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("0-3", 0, 1, 2, 3)]
    [InlineData("1,3-4,9", 1, 3, 4, 9)]
    public void Should_write_numbers_as_sbatch_takes_them(string expected, params int[] numbers) =>
        Assert.Equal(expected, SlurmScaling.Ranges(numbers));

    private static PretendedSlurm Running(params string[] queue)
    {
        var slurm = new PretendedSlurm();
        new SlurmRecord("/s", ["100"], ["102"], ["103", "104"]).Write(slurm.Workspace);
        slurm.Queue(queue);
        return slurm;
    }

    private static Task<string?> ScaleAsync(PretendedSlurm slurm, string role, int count) =>
        SlurmScaling.TryAsync(slurm.Commands, slurm.Workspace, role, count, CancellationToken.None);
}
