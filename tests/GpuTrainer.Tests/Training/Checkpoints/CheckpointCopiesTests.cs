using Ism.Featurizer.Tests;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

/// <summary>Checkpoints of a workspace on storage: there before the older ones go, and found from an empty cache.</summary>
public sealed class CheckpointCopiesTests : IDisposable
{
    private static readonly RunIdentity Run = new("catalogue-1", "line", 7);
    private static readonly LinePoint[] Points = [new(1, 2), new(-2, null), new(3, 1)];
    private readonly string _root = Directory.CreateTempSubdirectory("ism-checkpoints-").FullName;
    private readonly LineObjective _objective = new();
    private readonly DataParallelTrainer<LinePoint> _trainer;
    private readonly FolderStore _store;

    public CheckpointCopiesTests()
    {
        torch.set_num_threads(1);
        _trainer = Trainer(_objective);
        _store = new FolderStore(Path.Combine(_root, "here"), Path.Combine(_root, "there"));
    }

    private string Here => Path.Combine(_root, "here", "checkpoints");

    public void Dispose()
    {
        _trainer.Dispose();
        _objective.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Should_go_on_exactly_from_the_storage_when_the_cache_is_empty()
    {
        var store = Checkpoints(keep: 3);
        Train(3);
        store.Save(_trainer.State, Run);
        var expected = Train(3);
        Directory.Delete(Here, recursive: true);

        using var objective = new LineObjective();
        using var restored = Trainer(objective);
        Assert.Equal(3, Checkpoints(keep: 3).RestoreLatest(restored.State, Run, out var rejected)!.Step);
        Assert.Empty(rejected);
        Assert.Equal(expected, Enumerable.Range(0, 3).Select(_ => restored.Step(Points).TotalLoss));
    }

    [Fact]
    public void Should_keep_on_the_storage_what_the_folder_keeps()
    {
        var store = Checkpoints(keep: 2, keepEvery: 2);
        for (var i = 0; i < 6; i++)
        {
            Train(1);
            store.Save(_trainer.State, Run);
        }

        string[] kept = ["step-00000002", "step-00000004", "step-00000005", "step-00000006"];
        Assert.Equal(kept, Directory.GetDirectories(Here).Select(Path.GetFileName).Order());
        Assert.Equal(kept, _store.Folders("checkpoints").Order());
    }

    [Fact]
    public void Should_count_as_not_written_and_keep_the_one_before_while_the_storage_is_away()
    {
        var store = Checkpoints(keep: 1);
        Train(1);
        store.Save(_trainer.State, Run);
        Train(1);
        _store.IsAway = true;
        Assert.Throws<IOException>(() => store.Save(_trainer.State, Run));
        _store.IsAway = false;
        Assert.Equal(["step-00000001"], _store.Folders("checkpoints"));
        Assert.Equal(["step-00000001", "step-00000002"], Directory.GetDirectories(Here).Select(Path.GetFileName).Order());

        // Tried again, it is sent and not written a second time.
        var written = File.GetLastWriteTimeUtc(Path.Combine(Here, "step-00000002", "weights.safetensors"));
        Assert.Empty(store.Save(_trainer.State, Run).Notes);
        Assert.Equal(["step-00000002"], _store.Folders("checkpoints"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(Here, "step-00000002", "weights.safetensors")));
    }

    [Fact]
    public void Should_take_the_one_before_when_the_newest_is_damaged_on_the_storage_or_not_all_there()
    {
        var store = Checkpoints(keep: 5);
        for (var i = 0; i < 3; i++)
        {
            Train(1);
            store.Save(_trainer.State, Run);
        }

        Directory.Delete(Here, recursive: true);
        File.Delete(_store.Stored("checkpoints/step-00000003/.whole"));
        using (var file = File.OpenWrite(_store.Stored("checkpoints/step-00000002/weights.safetensors")))
        {
            file.Position = file.Length - 1;
            file.WriteByte(0x55);
        }

        Assert.Equal(1, Checkpoints(keep: 5).RestoreLatest(_trainer.State, Run, out var rejected)!.Step);
        var damaged = Assert.Single(rejected);
        Assert.Equal("checkpoints/step-00000002", damaged.Folder);
        Assert.Contains("weights.safetensors is damaged there", damaged.Reason, StringComparison.Ordinal);
    }

    private static DataParallelTrainer<LinePoint> Trainer(LineObjective objective) => new(objective, new() { Schedule = new(0.1, 2, 50) });

    private CheckpointStore Checkpoints(int keep, int keepEvery = 0) => new(Here, keep, keepEvery) { Copies = new CheckpointCopies(_store, "checkpoints") };

    private double[] Train(int steps) => [.. Enumerable.Range(0, steps).Select(_ => _trainer.Step(Points).TotalLoss)];
}
