using Ism.Corpus;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>Structure-tuning of proteins of very unequal lengths, shared out by cost.</summary>
public class BalancedTuningTests
{
    private const int Batch = 11;
    private const int Steps = 4;
    private const int Clusters = 8;
    private static readonly Esm2Config Shape = new(2, 32, 4);
    private static readonly SampleOrder Order = new(40, 8, seed: 9, windowChunks: 2);

    public BalancedTuningTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_have_the_curve_of_one_rank_with_any_number_and_the_same_bits_with_the_same()
    {
        var alone = Train(1);
        foreach (var world in new[] { 2, 3, 5 })
        {
            var curve = Train(world);
            Assert.Equal(alone.Select(s => (s.SamplesDigest, s.Samples, s.UsefulTokens)), curve.Select(s => (s.SamplesDigest, s.Samples, s.UsefulTokens)));
            Assert.All(alone.Zip(curve, (a, b) => (a, b)), s => Assert.Equal(s.a.TotalLoss, s.b.TotalLoss, 2e-5 * s.a.TotalLoss));
            Assert.All(alone.Zip(curve, (a, b) => (a, b)), s => Assert.Equal(s.a.GradientNorm, s.b.GradientNorm, 2e-4 * s.a.GradientNorm));
            Assert.Equal(Bits(curve), Bits(Train(world)));
        }

        Assert.NotEqual(alone[0].TotalLoss, alone[^1].TotalLoss);

        static IEnumerable<long> Bits(IEnumerable<StepResult> curve) => curve.Select(s => BitConverter.DoubleToInt64Bits(s.TotalLoss + s.GradientNorm));
    }

    private static StepResult[] Train(int world)
    {
        var curves = new StepResult[world][];
        RanksInProcess.Run(world, group =>
        {
            var model = Esm2Initialization.Random(Shape, 3);
            using var objective = new StructureTuningObjective(
                model, [TunedHead.New("autoencoder", Clusters, null, model, 4)], new() { TokensPerMicroBatch = 150 });
            using var trainer = new DataParallelTrainer<TuningSample>(objective, new() { Schedule = new(1e-3, 0, 100) });
            trainer.Join(group);
            var cost = SequenceCost.OfTuning(Shape, Clusters, 0.15);
            curves[group.Rank] = [.. Enumerable.Range(0, Steps).Select(step =>
            {
                var batch = Order.Step(step, Batch);
                var shares = WorkShares.Of([.. batch.Select(p => cost.Of(LengthOf(p)))], world);
                FetchedSample[] share = [.. shares[group.Rank].Select(i => new FetchedSample(batch[i], BitConverter.GetBytes(batch[i].Position)))];
                return trainer.Step([.. share.Where(s => LengthOf(s.Position) > 0).Select(Sample)], SampleDigest.Of(share));
            })];
        });
        return curves[0];
    }

    // Position 4 is quarantined; most are short, some are twenty times as long.
    private static int LengthOf(SamplePosition p) => p.Position == 4 ? 0 : p.Position % 5 == 0 ? 100 + (int)p.Position : 6 + (int)(p.Position % 7);

    private static TuningSample Sample(FetchedSample fetched)
    {
        var random = new CounterRandom((ulong)fetched.Position.Position, 11);
        var length = LengthOf(fetched.Position);
        return new TuningSample
        {
            Id = $"protein-{fetched.Position.Position}",
            Residues = string.Concat(Enumerable.Range(0, length).Select(_ => "ACDEFGHIKLMNPQRSTVWY"[random.NextInt32(20)])),
            Tokens = [[.. Enumerable.Range(0, length).Select(_ => (short)random.NextInt32(Clusters))]],
            DrawKey = fetched.Position.DrawKey,
            CropStart = 0,
        };
    }
}
