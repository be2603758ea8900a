using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private static readonly RunIdentity Run = new("catalogue-1", "line", 7);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ism-checkpoints-{Guid.NewGuid():N}");
    private readonly LineObjective _objective = new();
    private readonly DataParallelTrainer<LinePoint> _trainer;

    public CheckpointStoreTests()
    {
        torch.set_num_threads(1);
        _trainer = Trainer(_objective);
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _objective.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void Should_continue_exactly_where_it_was_saved()
    {
        var store = new CheckpointStore(_folder);
        Train(3);
        store.Save(_trainer.State, Run);
        var expected = Train(3);

        using var objective = new LineObjective();
        using var restored = Trainer(objective);
        var latest = store.Latest(out var rejected)!;
        Assert.Empty(rejected);
        Assert.Equal((3, 3, Run), (latest.Step, latest.Updates, latest.Run));
        CheckpointStore.Restore(latest, restored.State, Run);
        Assert.Equal(expected, Enumerable.Range(0, 3).Select(_ => restored.Step(Points).TotalLoss));
    }

    [Fact]
    public void Should_keep_the_newest_only()
    {
        var store = new CheckpointStore(_folder, keep: 2);
        for (var i = 0; i < 4; i++)
        {
            Train(1);
            store.Save(_trainer.State, Run);
        }

        Assert.Equal(["step-00000003", "step-00000004"], Directory.GetDirectories(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Should_pass_over_damaged_and_unfinished_checkpoints_and_name_them()
    {
        var store = new CheckpointStore(_folder, keep: 5);
        for (var i = 0; i < 4; i++)
        {
            Train(1);
            store.Save(_trainer.State, Run);
        }

        File.Delete(PathOf(4, "manifest.json"));
        using (var file = File.OpenWrite(PathOf(3, "weights.safetensors")))
        {
            file.Position = file.Length - 1;
            file.WriteByte(0x55);
        }

        File.Delete(PathOf(2, "optimizer.safetensors"));
        Assert.Equal(1, store.Latest(out var rejected)!.Step);
        Assert.Collection(
            rejected,
            first => Assert.Contains("not finished", first.Reason),
            second => Assert.Contains("weights.safetensors differs", second.Reason),
            third => Assert.Contains("optimizer.safetensors is missing", third.Reason));
        File.WriteAllText(PathOf(1, "manifest.json"), "{ not json");
        Assert.Null(store.Latest(out rejected));
        Assert.Equal(4, rejected.Count);
    }

    [Theory]
    [InlineData("other", "line", 7, "catalogue")]
    [InlineData("catalogue-1", "structure-tuning", 7, "objective")]
    [InlineData("catalogue-1", "line", 8, "seed")]
    public void Should_refuse_another_run(string catalogue, string objective, long seed, string what)
    {
        var store = new CheckpointStore(_folder);
        store.Save(_trainer.State, Run);
        var refused = Assert.Throws<InvalidOperationException>(
            () => CheckpointStore.Restore(store.Latest(out _)!, _trainer.State, new(catalogue, objective, seed)));
        Assert.Contains($"made with {what}", refused.Message);
    }

    [Fact]
    public void Should_refuse_another_model()
    {
        var store = new CheckpointStore(_folder);
        store.Save(_trainer.State, Run);
        using var wider = torch.ones(3, dtype: torch.float64, requires_grad: true);
        using var other = new TrainingState([new("weights", wider)]);
        var refused = Assert.Throws<InvalidOperationException>(() => CheckpointStore.Restore(store.Latest(out _)!, other, Run));
        Assert.Contains("weights is F64 [2], the model needs F64 [3]", refused.Message);
        using var renamed = new TrainingState([new("slopes", wider)]);
        Assert.Contains("slopes is missing", Assert.Throws<InvalidOperationException>(
            () => CheckpointStore.Restore(store.Latest(out _)!, renamed, Run)).Message);
    }

    [Fact]
    public void Should_never_write_numbers_that_are_not_finite()
    {
        var store = new CheckpointStore(_folder);
        Train(1);
        store.Save(_trainer.State, Run);
        using (torch.no_grad())
        {
            _trainer.State.Optimizer.Mean[0] = double.NaN;
        }

        _trainer.State.Step++;
        Assert.Contains("mean", Assert.Throws<InvalidOperationException>(() => store.Save(_trainer.State, Run)).Message);
        Assert.Equal(1, store.Latest(out var rejected)!.Step);
        Assert.Empty(rejected);
    }

    [Fact]
    public void Should_find_none_where_nothing_was_saved()
    {
        Assert.Null(new CheckpointStore(_folder).Latest(out var rejected));
        Assert.Empty(rejected);
    }

    private static readonly LinePoint[] Points = [new(1, 2), new(-2, null), new(3, 1)];

    private static DataParallelTrainer<LinePoint> Trainer(LineObjective objective) => new(objective, new() { Schedule = new(0.1, 2, 50) });

    private double[] Train(int steps) => [.. Enumerable.Range(0, steps).Select(_ => _trainer.Step(Points).TotalLoss)];

    private string PathOf(int step, string name) => Path.Combine(_folder, $"step-{step:D8}", name);
}
