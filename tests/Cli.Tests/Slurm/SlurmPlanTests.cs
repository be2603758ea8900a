using System.Globalization;
using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class SlurmPlanTests
{
    [Theory]
    [InlineData("90", "01:30:00")]
    [InlineData("90:30", "01:31:00")]
    [InlineData("12:00:00", "12:00:00")]
    [InlineData("2-0", "2-00:00:00")]
    [InlineData("2-12:30", "2-12:30:00")]
    [InlineData("1-00:00:30", "1-00:01:00")]
    [InlineData("36:00:00", "1-12:00:00")]
    public void Should_read_time_limits_as_sbatch_does(string text, string expected) =>
        Assert.Equal(expected, SlurmTime.Text(SlurmTime.Parse("--time", text)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1h")]
    [InlineData("1.5")]
    [InlineData("2-")]
    [InlineData("1:2:3:4")]
    [InlineData("99999999999999")]
    public void Should_refuse_what_is_no_time_limit(string text) =>
        Assert.StartsWith($"--time {text}: is no time limit", Assert.Throws<UsageException>(() => SlurmTime.Parse("--time", text)).Message);

    [Fact]
    public void Should_give_coordinators_limits_that_do_not_end_together()
    {
        var plan = new SlurmPlan { Time = "24:00:00", Standbys = 2 };
        var limits = Enumerable.Range(0, 3).Select(n => plan.TimeOfCoordinator(n)!).ToList();
        Assert.Equal(["1-00:00:00", "20:00:00", "16:00:00"], limits);
        Assert.Null(new SlurmPlan().TimeOfCoordinator(0));
        Assert.Equal("00:03:00", new SlurmPlan { Time = "3", Standbys = 1 }.TimeOfCoordinator(1));
        Assert.Equal("08:00:00", new SlurmPlan { Time = "3", CoordinatorTime = "8:00:00" }.TimeOfCoordinator(0));
    }

    [Theory]
    [InlineData("--trainers-per-node 2 and --gpus-per-node 4", "--gpus-per-node", "4", "--trainers-per-node", "2")]
    [InlineData("--partition 'a b'", "--partition", "a b")]
    [InlineData("--account 'x;y'", "--account", "x;y")]
    [InlineData("--mem '$(id)'", "--mem", "$(id)")]
    [InlineData("--scratch '/a b'", "--scratch", "/a b")]
    [InlineData("--scratch '$(id)'", "--scratch", "$(id)")]
    [InlineData("--sbatch 'constraint a100'", "--sbatch", "constraint a100")]
    [InlineData("--sbatch 'exclusive\nrm'", "--sbatch", "exclusive\nrm")]
    [InlineData("--sbatch 'exclusive\n'", "--sbatch", "exclusive\n")]
    [InlineData("--time 2 and --warning 120", "--time", "2", "--warning", "120")]
    [InlineData("--featurizer-time 1h", "--featurizer-time", "1h")]
    [InlineData("--nodes 0", "--nodes", "0")]
    [InlineData("--standbys -1", "--standbys", "-1")]
    [InlineData("--featurizers 0", "--featurizers", "0")]
    public async Task Should_refuse_what_no_cluster_would_take(string message, params string[] options)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "variant: demo\n");
        var run = await Invocation.Of(["slurm", file, .. options]);
        File.Delete(file);
        Assert.Equal(ExitCode.BadUsage, run.Code);
        Assert.StartsWith($"ism: {message.ReplaceLineEndings(" ")}", run.Error);
    }

    [Fact]
    public void Should_count_ranks() =>
        Assert.Equal("32", new SlurmPlan { Nodes = 8, TrainersPerNode = 4 }.Ranks.ToString(CultureInfo.InvariantCulture));
}
