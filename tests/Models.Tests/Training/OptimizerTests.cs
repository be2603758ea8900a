using Ism.Models.Numerics;
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

    [Theory]
    [InlineData(0.5)]
    [InlineData(1e6)]
    public void Should_clip_in_the_update_as_before_it(double maximum)
    {
        using var scope = torch.NewDisposeScope();
        var results = new[] { true, false }.Select(apart =>
        {
            var flat = new FlatParameters([new NamedParameter("weight", torch.ones(40, requires_grad: true))]);
            using var optimizer = new AdamW(flat);
            using var norm = new GradientNorm(flat.Gradients);
            for (var update = 1; update <= 3; update++)
            {
                flat.Gradients.copy_(torch.arange(Held.Of(flat.Length)).to(torch.float32) * Held.Of(update));
                var measured = norm.Measure();
                Assert.Equal(GlobalNorm.Of(flat.Gradients), measured.ToDouble(), 1e-4);
                if (apart)
                {
                    GlobalNorm.Clip(flat.Gradients, measured.ToDouble(), maximum);
                    optimizer.Step(1e-2);
                }
                else
                {
                    optimizer.Step(1e-2, (measured, maximum));
                }
            }

            return flat.Values;
        }).ToArray();
        Close.Require(results[0], results[1], 1e-6, "weights");
    }

    [Fact]
    public void Should_change_nothing_when_the_norm_is_not_finite()
    {
        using var scope = torch.NewDisposeScope();
        var flat = new FlatParameters([new NamedParameter("weight", torch.ones(40, requires_grad: true))]);
        using var optimizer = new AdamW(flat);
        using var norm = new GradientNorm(flat.Gradients);
        flat.Gradients[3] = float.NaN;
        optimizer.Step(1e-2, (norm.Measure(), 1));
        Assert.Equal(40, flat.Values.sum().ToDouble());
        Assert.Equal(0, optimizer.Mean.abs().sum().ToDouble());
        Assert.Equal(0, optimizer.MeanOfSquares.sum().ToDouble());
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
