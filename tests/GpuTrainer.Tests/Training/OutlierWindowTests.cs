using Ism.GpuTrainer.Training;
using Ism.Structures.Numerics;

namespace Ism.GpuTrainer.Tests.Training;

public class OutlierWindowTests
{
    [Fact]
    public void Should_flag_a_value_far_above_the_window_with_its_mean_and_deviation()
    {
        var window = new OutlierWindow("loss", 6, capacity: 4, least: 4);
        foreach (var value in (double[])[100, 1, 3, 1, 3])
        {
            Assert.Null(window.Observe(value));
        }

        Assert.Null(window.Observe(7.9));
        window = new OutlierWindow("loss", 6, capacity: 4, least: 4);
        foreach (var value in (double[])[100, 1, 3, 1, 3])
        {
            window.Observe(value);
        }

        Assert.Equal(new("loss", 8.1, 2, 1), window.Observe(8.1));
    }

    [Fact]
    public void Should_wait_for_enough_values()
    {
        var window = new OutlierWindow("loss", 6);
        for (var i = 0; i < 19; i++)
        {
            Assert.Null(window.Observe(1 + (i % 2 * 0.1)));
        }

        Assert.Null(window.Observe(1e6));
        window = new OutlierWindow("loss", 6);
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(window.Observe(1 + (i % 2 * 0.1)));
        }

        Assert.NotNull(window.Observe(1e6));
    }

    [Fact]
    public void Should_flag_neither_noise_nor_rounding_nor_what_falls()
    {
        var random = new CounterRandom(3);
        var noise = new OutlierWindow("loss", 6);
        var constant = new OutlierWindow("loss", 6);
        for (var i = 0; i < 2000; i++)
        {
            Assert.Null(noise.Observe(5 + random.NextGaussian()));
            Assert.Null(constant.Observe(0.1 + (i % 7 * 1e-9)));
        }

        Assert.Null(noise.Observe(-1000));
        Assert.NotNull(constant.Observe(0.2));
    }

    [Fact]
    public void Should_take_a_lasting_change_for_the_rule_and_forget_what_is_not_finite()
    {
        var window = new OutlierWindow("loss", 6);
        for (var i = 0; i < 100; i++)
        {
            window.Observe(1 + (i % 2 * 0.01));
        }

        Assert.Null(window.Observe(double.NaN));
        Assert.NotNull(window.Observe(2));
        Assert.InRange(Enumerable.Range(0, 100).Count(_ => window.Observe(2) is not null), 0, 20);
        Assert.Null(new OutlierWindow("loss", 0, least: 0).Observe(1e9));
    }
}
