using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.Tests.Training;

public class OptimizerTests
{
    [Fact]
    public void Should_compile_every_script()
    {
        foreach (var function in TorchScripts.Sources.Keys)
        {
            using var unit = TorchScripts.Compile(function);
            Assert.NotNull(unit);
        }
    }

    [Theory]
    [InlineData(-1e-3, 1, 2)]
    [InlineData(1e-3, 3, 2)]
    [InlineData(1e-3, -1, 2)]
    public void Should_refuse_a_schedule_that_makes_no_sense(double rate, long warmup, long total) =>
        Assert.Throws<ArgumentException>(() => new CosineSchedule(rate, warmup, total));

    [Fact]
    public void Should_end_at_zero_and_stay_there()
    {
        var schedule = new CosineSchedule(0.5, 2, 2);
        Assert.Equal([0, 0.25, 0, 0], Enumerable.Range(0, 4).Select(step => schedule.At(step)));
        Assert.Equal(0, new CosineSchedule(0.5, 0, 10).At(25));
    }

    [Fact]
    public void Should_not_clip_below_the_maximum_or_when_switched_off()
    {
        using var flat = torch.tensor(new[] { 3.0, 4.0 });
        Assert.Equal(5, GlobalNorm.Of(flat));
        GlobalNorm.Clip(flat, 5, 6);
        GlobalNorm.Clip(flat, 5, 0);
        Assert.Equal([3.0, 4.0], flat.data<double>().ToArray());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Should_show_a_single_bad_gradient_in_the_norm(double bad)
    {
        using var flat = torch.ones(3_000_000, dtype: torch.float64);
        flat[2_999_999] = bad;
        Assert.False(double.IsFinite(GlobalNorm.Of(flat)));
    }

    [Fact]
    public async Task Should_do_updates_while_garbage_is_collected()
    {
        // The script's numbers are native scalars with finalizers: one collected before the call would be read after it is freed.
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        var weight = Updated(3000);
        await stop.CancelAsync();
        await collecting;
        Assert.Equal(Math.Pow(1 - (0.5 * 1e-3), 3000), weight, 1e-4);
    }

    // Without a gradient an update only decays the weight.
    private static double Updated(int updates)
    {
        using var tensor = torch.ones(4, requires_grad: true);
        using var flat = new FlatParameters([new NamedParameter("weight", tensor)]);
        using var optimizer = new AdamW(flat, new AdamWOptions { WeightDecay = 0.5 });
        flat.ZeroGradients();
        for (var update = 0; update < updates; update++)
        {
            optimizer.Step(1e-3);
        }

        return flat.Values[0].ToDouble();
    }
}
