using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

public class LiveTensorTests
{
    public LiveTensorTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_hold_as_many_tensors_after_every_step()
    {
        var model = Esm2Initialization.Random(new(2, 16, 2), 1);
        using var objective = new StructureTuningObjective(
            model, [TunedHead.New("autoencoder", 8, 2, model, 1)], new() { TokensPerMicroBatch = 60 });
        using var trainer = new DataParallelTrainer<TuningSample>(objective, new() { Schedule = new(1e-3, 0, 100) });
        var share = Enumerable.Range(0, 6).Select(i => Sample(20 + i, (ulong)i)).ToArray();
        var live = new List<long>();
        for (var step = 0; step < 8; step++)
        {
            Assert.True(double.IsFinite(trainer.Step(share).TotalLoss));
            Assert.Equal(5, trainer.Evaluate(share).Count);
            live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.True(live[1] > 0);
        Assert.All(live[1..], count => Assert.Equal(live[1], count));
        trainer.State.Parameters.RequireViews();
    }

    private static TuningSample Sample(int length, ulong key) => new()
    {
        Id = $"{key}",
        Residues = new string([.. Enumerable.Range(0, length).Select(i => "LAGVSERTIDPKQNFYMHWC"[(i * 7) % 20])]),
        Tokens = [[.. Enumerable.Range(0, length).Select(i => (short)(i % 8))]],
        DrawKey = key,
    };
}
