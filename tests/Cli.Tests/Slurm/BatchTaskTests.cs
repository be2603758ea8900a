using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class BatchTaskTests
{
    [Fact]
    public void Should_be_nobody_where_nothing_of_the_kind_has_started_the_process()
    {
        Assert.Null(From());
        Assert.Null(From("RANK=3"));
        Assert.Null(From("RANK=3", "WORLD_SIZE=2"));
        Assert.Null(From("SLURM_JOB_ID=7"));
        Assert.Null(From("SLURM_PROCID=0"));
    }

    [Fact]
    public void Should_number_tasks_of_a_slurm_step()
    {
        var task = From("SLURM_JOB_ID=7", "SLURM_STEP_ID=0", "SLURM_PROCID=5", "SLURM_LOCALID=1", "SLURM_NODEID=1", "SLURM_STEP_NUM_TASKS=8",
            "SLURM_STEP_TASKS_PER_NODE=4(x2)");

        Assert.Equal(new BatchTask("Slurm", 5, 1, 4, SeveralMachines: true, WholeJob: false), task);
    }

    [Theory]
    [InlineData("4(x2),2", 0, 4)]
    [InlineData("4(x2),2", 1, 4)]
    [InlineData("4(x2),2", 2, 2)]
    [InlineData("4(x2),2", 3, null)]
    [InlineData("3", 0, 3)]
    [InlineData("many", 0, null)]
    [InlineData("4(xy)", 0, null)]
    [InlineData("", 0, null)]
    public void Should_read_how_many_tasks_are_on_its_machine(string perNode, int node, int? expected) =>
        Assert.Equal(expected, From("SLURM_JOB_ID=7", "SLURM_STEP_ID=0", "SLURM_PROCID=1", $"SLURM_NODEID={node}",
            $"SLURM_STEP_TASKS_PER_NODE={perNode}")!.LocalCount);

    [Fact]
    public void Should_number_elements_of_an_array()
    {
        Assert.Equal(
            new BatchTask("Slurm", 17, 0, 1, SeveralMachines: true, WholeJob: true),
            From("SLURM_JOB_ID=9", "SLURM_ARRAY_JOB_ID=7", "SLURM_ARRAY_TASK_ID=17", "SLURM_PROCID=0", "SLURM_LOCALID=0", "SLURM_NTASKS=4"));

        // Each element with a step of four tasks.
        Assert.Equal(11, From("SLURM_JOB_ID=9", "SLURM_ARRAY_TASK_ID=2", "SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=4", "SLURM_PROCID=3")!.Number);
    }

    [Theory]
    [InlineData("torchrun", "RANK=5", "WORLD_SIZE=8", "LOCAL_RANK=1", "LOCAL_WORLD_SIZE=4")]
    [InlineData("Open MPI", "OMPI_COMM_WORLD_RANK=5", "OMPI_COMM_WORLD_SIZE=8", "OMPI_COMM_WORLD_LOCAL_RANK=1", "OMPI_COMM_WORLD_LOCAL_SIZE=4")]
    [InlineData("MPICH", "PMI_RANK=5", "PMI_SIZE=8", "MPI_LOCALRANKID=1", "MPI_LOCALNRANKS=4")]
    public void Should_believe_the_launcher_that_is_nearest(string launcher, params string[] variables) => Assert.Equal(
        new BatchTask(launcher, 5, 1, 4, SeveralMachines: true, WholeJob: false),
        From([.. variables, "SLURM_JOB_ID=7", "SLURM_PROCID=0"]));

    [Fact]
    public void Should_know_that_all_are_on_one_machine() =>
        Assert.False(From("RANK=1", "WORLD_SIZE=2", "LOCAL_RANK=1", "LOCAL_WORLD_SIZE=2")!.SeveralMachines);

    private static BatchTask? From(params string[] variables)
    {
        var values = variables.Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        return BatchTask.From(name => values.GetValueOrDefault(name));
    }
}
