using Ism.Collectives;
using Ism.GpuTrainer.Tests.Training;
using Ism.GpuTrainer.Tests.Training.Checkpoints;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Tests.Stages;

public sealed class StageKeepingTests : IDisposable
{
    private readonly LineStage _stage = new();

    private IEnumerable<string> Names => Directory.GetFileSystemEntries(_stage.Store.Folder).Select(e => Path.GetFileName(e)!).Order();

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void Should_let_all_ranks_step_on_while_the_disk_blocks_and_leave_out_what_comes_too_early()
    {
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        _stage.Store = new(_stage.Store.Folder) { CreateFile = path => new GatedFile(path, reached, gate) };
        RanksInProcess.Run(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            for (var step = 0; step < 7; step++)
            {
                runtime.TrainStep(LineStage.Share(group.Rank));
                keeping.AtBoundary();
            }

            // All seven steps are done, and the checkpoint after step 2 is still not written: the gate is shut.
            Assert.Equal(7, runtime.Step);
            Assert.Equal(group.Rank == 0 ? 2 : null, runtime.CheckpointUnderWay);
            gate.Set();
            Assert.True(keeping.CheckpointNow());
        });
        Assert.Equal(["step-00000002", "step-00000007"], Names);
        Assert.Equal(
            ["after step 4 is left out: the one after step 2", "after step 6 is left out: the one after step 2"],
            _stage.Log.Select(l => l.Line["the checkpoint ".Length..][..46]));
        Assert.All(_stage.Log, l => Assert.Equal(0, l.Rank));
        Assert.Equal([4, 6], _stage.Reports.OfType<TrainerNotice>().Select(n => n.Step));
        Assert.True(Assert.Single(_stage.Metrics).GetProperty("checkpoint").GetProperty("written").GetBoolean());
    }

    [Fact]
    public void Should_go_on_over_a_disk_that_fails_and_write_the_next_checkpoint_when_it_does_not()
    {
        var room = 20L;
        _stage.Store = new(_stage.Store.Folder) { CreateFile = path => new FailingFile(path, Interlocked.Read(ref room)) };
        RanksInProcess.Run(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(group.Rank));
            Assert.False(keeping.CheckpointNow());
            runtime.TrainStep(LineStage.Share(group.Rank));
            keeping.AtBoundary();
            Assert.False(keeping.CheckpointNow());
            Interlocked.Exchange(ref room, long.MaxValue);
            group.Barrier();
            Assert.True(keeping.CheckpointNow());
            runtime.TrainStep(LineStage.Share(group.Rank));
        });
        Assert.Equal(["step-00000002"], Names);
        Assert.All(_stage.Log, l =>
        {
            Assert.Contains(_stage.Store.Folder, l.Line);
            Assert.Contains("No space left on device", l.Line);
            Assert.Contains("make room", l.Line);
        });
        Assert.Equal([1, 2, 2], _stage.Reports.OfType<TrainerNotice>().Select(n => n.Step));
        var line = Assert.Single(_stage.Metrics);
        Assert.False(line.GetProperty("checkpoint").GetProperty("written").GetBoolean());
        Assert.Contains("No space left", line.GetProperty("checkpoint").GetProperty("problem").GetString());
    }

    [Fact]
    public void Should_try_the_last_checkpoint_and_the_model_again_before_the_stage_fails()
    {
        var (files, models) = (0, 0);
        _stage.Store = new(_stage.Store.Folder)
        {
            CreateFile = path => Interlocked.Increment(ref files) <= 2 ? new FailingFile(path, 20) : new FailingFile(path, long.MaxValue),
        };
        _stage.SaveOutput = () => throw new IOException($"No space left, try {Interlocked.Increment(ref models)}");
        var problems = RanksInProcess.Try(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(group.Rank));
            keeping.Finish();
        });
        var failed = Assert.IsType<IOException>(problems[0]);
        Assert.Contains("the finished model could not be written into", failed.Message);
        Assert.Contains("in 3 tries: No space left, try 3", failed.Message);
        Assert.Contains(failed.Message, Assert.IsType<CollectiveException>(problems[1]).Message);
        Assert.Equal(["step-00000001"], Names);
        Assert.Equal(4, _stage.Log.Count);
    }

    [Fact]
    public void Should_finish_on_all_ranks_only_when_model_and_checkpoint_are_there()
    {
        using var gate = new ManualResetEventSlim();
        var written = false;
        _stage.SaveOutput = () =>
        {
            Assert.True(gate.Wait(TimeSpan.FromMinutes(1)));
            Volatile.Write(ref written, true);
        };
        RanksInProcess.Run(3, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(group.Rank));
            if (group.Rank == 2)
            {
                gate.Set();
            }

            keeping.Finish();
            Assert.True(Volatile.Read(ref written));
            Assert.Equal(["step-00000001"], Names);
        });
    }

    [Fact]
    public void Should_give_up_a_requested_checkpoint_when_a_member_is_lost()
    {
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        _stage.Store = new(_stage.Store.Folder) { CreateFile = path => new GatedFile(path, reached, gate) };
        var problems = RanksInProcess.Try(2, group =>
        {
            var (runtime, keeping, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(group.Rank));
            if (group.Rank == 0)
            {
                keeping.CheckpointNow();
                return;
            }

            Assert.True(reached.Wait(TimeSpan.FromMinutes(1)));
            group.Abort("this trainer leaves");
            gate.Set();
        });
        Assert.IsType<CollectiveException>(problems[0]);
        Assert.Null(problems[1]);
    }

    [Fact]
    public void Should_say_loudly_that_a_stage_begins_at_0_over_damaged_checkpoints()
    {
        RanksInProcess.Run(1, group =>
        {
            var (runtime, _, _) = _stage.Join(group);
            using var owned = runtime;
            runtime.TrainStep(LineStage.Share(0));
            runtime.SaveCheckpoint(CancellationToken.None);
        });
        var checkpoint = Path.Combine(_stage.Store.Folder, "step-00000001");
        Assert.Equal(1, Restore(out var told));
        Assert.Empty(told);
        File.WriteAllText(Path.Combine(checkpoint, "optimizer.safetensors"), "");
        Assert.Null(Restore(out told));
        Assert.Equal(2, told.Count);
        Assert.StartsWith($"{checkpoint} is not used: optimizer.safetensors has 0 bytes", told[0]);
        Assert.Contains("structure-tuning BEGINS AT STEP 0", told[1]);

        long? Restore(out List<string> lines)
        {
            var (runtime, _, _) = _stage.Join(new SingleMember());
            using var owned = runtime;
            var all = lines = [];
            return runtime.RestoreLatest(all.Add);
        }
    }
}
