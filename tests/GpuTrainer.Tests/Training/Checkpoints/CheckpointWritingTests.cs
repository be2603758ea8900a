using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

public sealed class CheckpointWritingTests : IDisposable
{
    private readonly CheckpointDisk _disk = new();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void Should_keep_the_last_ones_and_every_multiple()
    {
        var store = new CheckpointStore(_disk.Checkpoints, keep: 2, keepEvery: 40);
        _disk.Save(store, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100);
        Assert.Equal(["step-00000040", "step-00000080", "step-00000090", "step-00000100"], _disk.Names);
    }

    [Fact]
    public async Task Should_let_the_first_of_two_writers_of_a_step_win()
    {
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var frozen = new CheckpointStore(_disk.Checkpoints) { CreateFile = path => new GatedFile(path, reached, gate) };
        using var state = _disk.State(5);
        var late = Task.Run(() => frozen.Save(state, CheckpointDisk.Run));
        Assert.True(reached.Wait(TimeSpan.FromMinutes(1)));
        var store = new CheckpointStore(_disk.Checkpoints);
        _disk.Save(store, 5);
        var written = Contents();
        gate.Set();
        Assert.True((await late).WasThere);
        Assert.Equal(["step-00000005"], _disk.Names);
        Assert.Equal(written, Contents());
        Assert.Equal(5, store.Latest(out _)!.Step);

        DateTime[] Contents() => [.. Directory.GetFiles(_disk.PathOf(5)).Order().Select(File.GetLastWriteTimeUtc)];
    }

    [Fact]
    public void Should_delete_what_dead_writers_left_and_nothing_of_a_living_one()
    {
        string[] old = [".writing-step-00000001-a", ".removed-step-00000002-b"];
        foreach (var name in (string[])[.. old, ".writing-step-00000003-c"])
        {
            Directory.CreateDirectory(Path.Combine(_disk.Checkpoints, name));
            File.WriteAllText(Path.Combine(_disk.Checkpoints, name, "weights.safetensors"), "half");
        }

        foreach (var name in old)
        {
            File.SetLastWriteTimeUtc(Path.Combine(_disk.Checkpoints, name, "weights.safetensors"), DateTime.UtcNow.AddHours(-2));
            Directory.SetLastWriteTimeUtc(Path.Combine(_disk.Checkpoints, name), DateTime.UtcNow.AddHours(-2));
        }

        _disk.Save(new(_disk.Checkpoints), 7);
        Assert.Equal([".writing-step-00000003-c", "step-00000007"], _disk.Names);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(7_000)]
    [InlineData(9_000)]
    public void Should_leave_nothing_behind_when_the_disk_fails(long room)
    {
        _disk.Save(new(_disk.Checkpoints), 1);
        var failing = new CheckpointStore(_disk.Checkpoints) { CreateFile = path => new FailingFile(path, room) };
        Assert.Contains("No space left", Assert.Throws<IOException>(() => _disk.Save(failing, 2)).Message);
        Assert.Equal(["step-00000001"], _disk.Names);
        Assert.Equal(1, failing.Latest(out var rejected)!.Step);
        Assert.Empty(rejected);
    }

    [SkippableFact]
    public void Should_survive_a_full_disk()
    {
        _disk.MountSmall("256k");
        var store = new CheckpointStore(_disk.Checkpoints, keep: 1);
        _disk.Save(store, 1);
        var ballast = Path.Combine(_disk.Root, "ballast");
        using (var file = File.Create(ballast))
        {
            Assert.ThrowsAny<IOException>(() => file.Write(new byte[1 << 20]));
        }

        Assert.ThrowsAny<IOException>(() => _disk.Save(store, 2));
        Assert.Equal(["step-00000001"], _disk.Names);
        Assert.Equal(1, store.Latest(out _)!.Step);
        File.Delete(ballast);
        _disk.Save(store, 3);
        Assert.Equal(["step-00000003"], _disk.Names);
    }

    [SkippableFact]
    public void Should_survive_a_read_only_disk()
    {
        _disk.MountSmall("256k");
        var store = new CheckpointStore(_disk.Checkpoints, keep: 1);
        _disk.Save(store, 1);
        _disk.MakeReadOnly(true);
        Assert.ThrowsAny<IOException>(() => _disk.Save(store, 2));
        Assert.Equal(1, store.Latest(out _)!.Step);
        _disk.MakeReadOnly(false);
        _disk.Save(store, 3);
        Assert.Equal(["step-00000003"], _disk.Names);
    }

    [Fact]
    public void Should_say_that_a_file_stands_in_the_way()
    {
        File.WriteAllText(_disk.Checkpoints, "in the way");
        var store = new CheckpointStore(_disk.Checkpoints);
        Assert.ThrowsAny<IOException>(() => _disk.Save(store, 1));
        Assert.Null(store.Latest(out var rejected));
        Assert.Contains("is a file", Assert.Single(rejected).Reason);
    }

    [Theory]
    [InlineData(torch.ScalarType.Float32)]
    [InlineData(torch.ScalarType.Float64)]
    [InlineData(torch.ScalarType.BFloat16)]
    [InlineData(torch.ScalarType.Float16)]
    public void Should_find_every_number_that_is_not_finite(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var numbers = torch.full([67], Held.Of(-65504), dtype: type);
        Assert.True(FiniteNumbers.All(numbers.bytes, type));
        foreach (var bad in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
        {
            for (var i = 0; i < 67; i++)
            {
                var copy = numbers.clone();
                copy[i] = torch.tensor(bad, dtype: type);
                Assert.False(FiniteNumbers.All(copy.bytes, type));
            }
        }
    }
}
