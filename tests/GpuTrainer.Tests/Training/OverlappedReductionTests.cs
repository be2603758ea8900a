using Ism.Collectives;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.StructureTuning;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

public class OverlappedReductionTests
{
    public OverlappedReductionTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_cut_all_gradients_into_buckets_in_the_order_of_completion()
    {
        using var objective = TuningRun.Objective(null);
        using var state = new TrainingState(objective.Parameters);
        foreach (var least in new long[] { 1, 3000, long.MaxValue })
        {
            var buckets = new GradientBuckets(state.Parameters, objective.CompletionOrder, least).All;
            Assert.Equal(state.Parameters.Length, buckets.Sum(bucket => bucket.Count));
            var next = 0L;
            foreach (var bucket in buckets.OrderBy(bucket => bucket.Start))
            {
                Assert.Equal(next, bucket.Start);
                next += bucket.Count;
            }

            Assert.Equal(buckets.Select(bucket => bucket.Ranges).Order(), buckets.Select(bucket => bucket.Ranges));
            Assert.Equal(objective.CompletionOrder.Count, buckets[^1].Ranges);
        }

        // Every layer by itself: the first is what is above the layers, the last the embedding.
        var single = new GradientBuckets(state.Parameters, objective.CompletionOrder, 1).All;
        Assert.Equal(Enumerable.Range(1, objective.CompletionOrder.Count), single.Select(bucket => bucket.Ranges));
    }

    [Fact]
    public void Should_refuse_an_order_that_leaves_parameters_out()
    {
        using var objective = TuningRun.Objective(null);
        using var state = new TrainingState(objective.Parameters);
        Assert.Contains("every parameter", Assert.Throws<ArgumentException>(
            () => new GradientBuckets(state.Parameters, [new ParameterRange(0, 3)], 1)).Message);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData(torch.ScalarType.BFloat16, false)]
    [InlineData(torch.ScalarType.BFloat16, true)]
    public void Should_give_the_same_bits_as_reducing_afterwards(torch.ScalarType? dtype, bool half)
    {
        var weights = new float[6][];
        foreach (var overlap in new[] { false, true })
        {
            RanksInProcess.Run(3, group =>
            {
                using var objective = TuningRun.Objective(dtype);
                using var trainer = TuningRun.Trainer(objective, overlap, bucketElements: 1000, half: half);
                trainer.Join(group);
                for (var step = 0; step < 4; step++)
                {
                    // One rank has nothing to do in every other step.
                    trainer.Step(step % 2 == 1 && group.Rank == 1 ? [] : TuningRun.Share(step, group.Rank, 3));
                }

                weights[(overlap ? 3 : 0) + group.Rank] = trainer.State.Parameters.Values.data<float>().ToArray();
            });
        }

        Assert.All(weights, copy => Assert.Equal(weights[0], copy));
    }

    [Fact]
    public void Should_tell_a_failed_member_as_the_group_does()
    {
        var problems = RanksInProcess.Try(3, group =>
        {
            using var objective = TuningRun.Objective(null);
            using var trainer = TuningRun.Trainer(objective, overlap: true, bucketElements: 1000);
            trainer.Join(group);
            trainer.Step(TuningRun.Share(0, group.Rank, 3));
            if (group.Rank == 2)
            {
                // Gone in the middle of the next step: the others have begun to reduce.
                group.AllReduce<long>(new long[objective.Terms.Count + 4]);
                group.Dispose();
                return;
            }

            trainer.Step(TuningRun.Share(1, group.Rank, 3));
        });
        Assert.Null(problems[2]);
        Assert.All(problems[..2], problem => Assert.IsType<CollectiveException>(problem));
    }
}

/// <summary>A small run of structure-tuning over proteins that are made from their number.</summary>
internal static class TuningRun
{
    public const int Clusters = 12;

    public static StructureTuningObjective Objective(torch.ScalarType? dtype, int layers = 3, int width = 32, int tokens = 90)
    {
        var model = Esm2Initialization.Random(new(layers, width, 4), 3);
        return new(model, [TunedHead.New("autoencoder", Clusters, null, model, 1)], new()
        {
            TokensPerMicroBatch = tokens,
            Layers = new LayerStackOptions { Dtype = dtype },
        });
    }

    public static DataParallelTrainer<TuningSample> Trainer(
        StructureTuningObjective objective, bool overlap = true, long bucketElements = 1 << 20, double rate = 1e-3, bool half = false) =>
        new(objective, new()
        {
            Schedule = new(rate, 0, 1000),
            OverlapReduction = overlap,
            BucketElements = bucketElements,
            ReduceInHalf = half,
        });

    /// <summary>This rank's every so-manieth protein of a step's eight. A residue's token follows from it and its neighbours.</summary>
    public static TuningSample[] Share(int step, int rank, int world) =>
        [.. Enumerable.Range(0, 8).Where(i => i % world == rank).Select(i => Sample((step * 8) + i))];

    private static TuningSample Sample(int number)
    {
        const string Letters = "LAGVSERTIDPKQNFYMHWC";
        var random = new Random(number);
        var places = Enumerable.Range(0, 20 + random.Next(30)).Select(_ => random.Next(Letters.Length)).ToArray();
        return new()
        {
            Id = $"{number}",
            Residues = new string([.. places.Select(place => Letters[place])]),
            Tokens = [[.. places.Select((place, i) => (short)((place + places[Math.Max(0, i - 1)]) % Clusters))]],
            DrawKey = (ulong)number,
        };
    }
}
