using Ism.GpuTrainer.Stages;
using Ism.Protocol.Jobs;

namespace Ism.GpuTrainer.Tests.Stages;

public class TrainingDeviceTests
{
    [Theory]
    [InlineData("auto", "trainer-3", 0, null)]
    [InlineData("cpu", "trainer-3", 8, null)]
    [InlineData("auto", "trainer-3", 8, 3)]
    [InlineData("cuda", "trainer-13", 8, 5)]
    [InlineData("cuda", "trainer-13", 1, 0)]
    [InlineData("cuda", "trainer-node7-4711", 8, 0)]
    public void Should_spread_trainers_over_the_gpus_of_a_machine(string device, string trainer, int there, int? expected) =>
        Assert.Equal(expected, TrainingDevice.Number(new ClusterOptions { TrainerDevice = device }, trainer, there));

    [Fact]
    public void Should_say_what_to_change_where_there_is_no_gpu() => Assert.Contains(
        "cluster.trainerDevice=auto",
        Assert.Throws<InvalidOperationException>(
            () => TrainingDevice.Number(new ClusterOptions { TrainerDevice = "cuda" }, "trainer-0", 0)).Message);

    [Fact]
    public void Should_refuse_another_word() => Assert.Throws<ArgumentException>(
        () => TrainingDevice.Number(new ClusterOptions { TrainerDevice = "tpu" }, "trainer-0", 1));
}
