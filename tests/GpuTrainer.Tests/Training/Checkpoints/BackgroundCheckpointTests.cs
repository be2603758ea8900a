using Ism.Collectives;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

public sealed class BackgroundCheckpointTests : IDisposable
{
    private static readonly LinePoint[] Points = [new(1, 2), new(-2, null), new(3, 1), new(0.5, -1), new(4, 2), new(-1, null)];
    private readonly CheckpointDisk _disk = new();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void Should_let_steps_go_on_while_the_disk_blocks()
    {
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        var store = new CheckpointStore(_disk.Checkpoints) { CreateFile = path => new GatedFile(path, reached, gate) };
        using var background = new BackgroundCheckpoints(store);
        Train(trainer, Points, 3);
        Assert.True(background.TryBegin(trainer.State, CheckpointDisk.Run));
        Assert.True(reached.Wait(TimeSpan.FromMinutes(1)));

        // The write cannot end before the gate opens: these steps are done while it is under way.
        var expected = Train(trainer, Points, 5);
        Assert.Equal((8, 3), (trainer.State.Step, background.UnderWay));
        Assert.False(background.TryBegin(trainer.State, CheckpointDisk.Run));
        Assert.Null(store.Latest(out _));
        gate.Set();
        background.WaitIdle();
        Assert.Equal(3, background.TakeEnded()!.Saved!.Step);
        Assert.Null(background.TakeEnded());
        Assert.True(background.TryBegin(trainer.State, CheckpointDisk.Run));
        background.WaitIdle();
        Assert.Equal(8, store.Latest(out _)!.Step);

        // What was written is the state after step 3, whatever the steps did to it meanwhile.
        Directory.Delete(_disk.PathOf(8), recursive: true);
        Assert.Equal(expected, Resume(store, new SingleMember(), 5));
    }

    [Fact]
    public void Should_tell_why_a_write_failed_and_try_again_with_the_next()
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        var room = 10L;
        using var background = new BackgroundCheckpoints(
            new(_disk.Checkpoints) { CreateFile = path => new FailingFile(path, room) });
        Train(trainer, Points, 1);
        Assert.True(background.TryBegin(trainer.State, CheckpointDisk.Run));
        background.WaitIdle();
        var failed = background.TakeEnded()!;
        Assert.Null(failed.Saved);
        Assert.IsType<IOException>(failed.Problem);
        Assert.Throws<IOException>(() => background.SaveNow(trainer.State, CheckpointDisk.Run, default));
        room = long.MaxValue;
        Assert.True(background.TryBegin(trainer.State, CheckpointDisk.Run));
        background.SaveNow(trainer.State, CheckpointDisk.Run, default);
        Assert.False(background.TakeEnded()!.Saved!.WasThere);
        Assert.Equal(["step-00000001"], _disk.Names);
    }

    [Fact]
    public void Should_leave_nothing_when_it_is_closed_over_a_write()
    {
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        using var state = _disk.State(4);
        var background = new BackgroundCheckpoints(
            new(_disk.Checkpoints) { CreateFile = path => new GatedFile(path, reached, gate) });
        Assert.True(background.TryBegin(state, CheckpointDisk.Run));
        Assert.True(reached.Wait(TimeSpan.FromMinutes(1)));
        background.Dispose();
        gate.Set();
        background.WaitIdle();
        Assert.IsType<OperationCanceledException>(background.TakeEnded()!.Problem);
        Assert.Empty(_disk.Names);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    public void Should_resume_with_another_number_of_trainers(int before, int after)
    {
        var undisturbed = new List<double>();
        using (var objective = new LineObjective())
        {
            using var trainer = Trainer(objective);
            undisturbed.AddRange(Train(trainer, Points, 10));
        }

        var store = new CheckpointStore(_disk.Checkpoints);
        RanksInProcess.Run(before, group =>
        {
            using var objective = new LineObjective();
            using var trainer = Trainer(objective);
            trainer.Join(group);
            Assert.Equal(undisturbed[..4], Train(trainer, Share(group), 4), Near);
            if (group.Rank == 0)
            {
                store.Save(trainer.State, CheckpointDisk.Run);
            }
        });
        RanksInProcess.Run(after, group => Assert.Equal(undisturbed[4..], Resume(store, group, 6), Near));

        static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;
    }

    private static LinePoint[] Share(ICollectiveGroup group) => [.. Points.Where((_, i) => i % group.World == group.Rank)];

    private static List<double> Resume(CheckpointStore store, ICollectiveGroup group, int steps)
    {
        using var objective = new LineObjective();
        using var trainer = Trainer(objective);
        Assert.NotNull(store.RestoreLatest(trainer.State, CheckpointDisk.Run, out var rejected));
        Assert.Empty(rejected);
        trainer.Join(group);
        return Train(trainer, Share(group), steps);
    }

    private static List<double> Train(DataParallelTrainer<LinePoint> trainer, LinePoint[] share, int steps) =>
        [.. Enumerable.Range(0, steps).Select(_ => trainer.Step(share).TotalLoss)];

    private static DataParallelTrainer<LinePoint> Trainer(LineObjective objective) => new(objective, new() { Schedule = new(0.1, 2, 50) });
}
