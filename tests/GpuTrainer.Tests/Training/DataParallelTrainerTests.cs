using Ism.Collectives;
using Ism.GpuTrainer.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

public class DataParallelTrainerTests
{
    private static readonly LinePoint[] Points = [new(1, 2), new(-2, null), new(3, 1), new(0.5, -1), new(4, 2), new(-1, null), new(2, 5)];

    public DataParallelTrainerTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_compute_gradient_and_losses_over_the_global_batch()
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        var result = trainer.Step(Points);
        var fitted = Points.Where(point => point.Y is not null).ToArray();
        double Error(LinePoint point) => (0.5 * point.X) - 0.25 - point.Y!.Value;
        var slope = fitted.Average(point => 2 * Error(point) * point.X);
        var height = fitted.Average(point => 2 * Error(point)) + (0.5 * 2 * -0.25);
        Assert.Equal(Math.Sqrt((slope * slope) + (height * height)), result.GradientNorm, 1e-12);
        Assert.Equal(fitted.Average(point => Error(point) * Error(point)), result.Losses[0]!.Value, 1e-12);
        Assert.Equal(0.0625, result.Losses[1]!.Value, 1e-12);
        Assert.Equal(result.Losses[0]!.Value + (0.5 * 0.0625), result.TotalLoss, 1e-12);
        Assert.Equal([5, 7], result.Counts);
        Assert.Equal((7, 7, 0, true), (result.UsefulTokens, result.Samples, result.Step, result.Updated));
        Assert.Equal(1, trainer.State.Step);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Should_train_alike_with_any_number_of_ranks_and_empty_shares(int world)
    {
        var alone = Losses(new SingleMember(), _ => true);
        RanksInProcess.Run(world, group => Assert.Equal(alone, Losses(group, index => index % world == group.Rank), Same));
        RanksInProcess.Run(world, group => Assert.Equal(alone, Losses(group, _ => group.Rank == world - 1), Same));

        static bool Same(double a, double b) => Math.Abs(a - b) < 1e-12;
    }

    [Fact]
    public void Should_count_a_step_with_nothing_to_learn_from_and_change_nothing() => RanksInProcess.Run(2, group =>
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        trainer.Join(group);
        var result = trainer.Step([]);
        Assert.Equal((0, false, 0, 0), (result.Step, result.Updated, result.GradientNorm, result.TotalLoss));
        Assert.All(result.Losses, loss => Assert.Null(loss));
        Assert.Equal((1, 0), (trainer.State.Step, trainer.State.Optimizer.Updates));
        Assert.Equal([0.5, -0.25], objective.Weights.data<double>().ToArray());
    });

    [Theory]
    [InlineData(double.NaN, "loss fit")]
    [InlineData(1e155, "loss fit")]
    [InlineData(1e110, "gradient norm")]
    public void Should_refuse_a_step_that_is_not_finite_on_all_ranks_before_anything_changes(double bad, string what) =>
        RanksInProcess.Run(2, group =>
        {
            using var objective = new LineObjective();
            using var trainer = Trainer(objective);
            trainer.Join(group);
            trainer.Step(Points[..2]);
            var before = trainer.State.Buffers.Select(buffer => buffer.Flat.data<double>().ToArray()).ToArray();
            var refused = Assert.Throws<NonFiniteStepException>(
                () => trainer.Step(group.Rank == 1 ? [new(what == "gradient norm" ? bad : 1, what == "gradient norm" ? 0 : bad)] : Points));
            Assert.Equal((1, what), (refused.Step, refused.What));
            Assert.Equal(before, trainer.State.Buffers.Select(buffer => buffer.Flat.data<double>().ToArray()));
            Assert.Equal((1, 1), (trainer.State.Step, trainer.State.Optimizer.Updates));
            trainer.SkipStep();
            Assert.Equal(2, trainer.Step(Points).Step);
        });

    [Fact]
    public void Should_not_leave_others_waiting_when_one_rank_fails()
    {
        var problems = RanksInProcess.Try(3, group =>
        {
            using var objective = new LineObjective();
            using var trainer = Trainer(objective);
            trainer.Join(group);
            trainer.Step(group.Rank == 1 ? [new(double.NegativeInfinity, 1)] : Points);
        });
        Assert.IsType<InvalidDataException>(problems[1]);
        Assert.All([problems[0], problems[2]], problem =>
        {
            var failed = Assert.IsType<CollectiveException>(problem);
            Assert.Equal(1, failed.Peer);
            Assert.Contains("rank 1", failed.Message);
        });
    }

    [Fact]
    public void Should_start_a_generation_from_the_member_that_got_furthest() => RanksInProcess.Run(3, group =>
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        for (var step = 0; step < group.Rank % 2 * 3; step++)
        {
            trainer.Step(Points);
        }

        Assert.Equal(1, trainer.Join(group));
        Assert.Equal((3, 3), (trainer.State.Step, trainer.State.Optimizer.Updates));
        var all = group.AllGather<double>(
            [.. trainer.State.Buffers.SelectMany(buffer => buffer.Flat.data<double>().ToArray())]).Chunk(3 * 16).ToArray();
        Assert.Equal(all[1], all[0]);
        Assert.Equal(all[1], all[2]);
        Assert.NotEqual(0.5, all[0][0]);
    });

    [Fact]
    public void Should_refuse_a_group_where_nobody_holds_a_whole_state() => RanksInProcess.Run(2, group =>
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        trainer.State.Step = TrainingState.Incomplete;
        Assert.Contains("checkpoint", Assert.Throws<SynchronisationException>(() => trainer.Join(group)).Message);
    });

    [Fact]
    public void Should_add_up_metrics_when_some_ranks_have_nothing_to_evaluate() => RanksInProcess.Run(3, group =>
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        trainer.Join(group);
        var total = Assert.Single(trainer.Evaluate(group.Rank == 1 ? Points : []));
        Assert.Equal(new("sum of x", Points.Sum(point => point.X), 7), total);
        Assert.Empty(trainer.Evaluate([]));
    });

    private static double[] Losses(ICollectiveGroup group, Func<int, bool> mine)
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        trainer.Join(group);
        var share = Points.Where((_, index) => mine(index)).ToArray();
        return [.. Enumerable.Range(0, 5).Select(_ => trainer.Step(share).TotalLoss)];
    }

    private static DataParallelTrainer<LinePoint> Trainer(LineObjective objective) =>
        new(objective, new() { Schedule = new(0.1, 0, 100), ClipNorm = 2 });
}
