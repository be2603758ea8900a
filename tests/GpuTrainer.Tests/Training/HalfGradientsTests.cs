using Ism.Collectives;
using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2.Layers;
using Ism.Models.StructureTuning;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>Gradients that go between ranks in bfloat16.</summary>
public class HalfGradientsTests
{
    private const double Rounding = 1.0 / 256;

    public HalfGradientsTests() => torch.set_num_threads(1);

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1003)]
    [InlineData(4, 50_001)]
    public void Should_sum_within_a_rounding_for_each_rank_to_the_same_bits(int world, int count)
    {
        var inputs = Enumerable.Range(0, world).Select(rank => Gradients(rank, count)).ToArray();
        var results = new float[world][];
        RanksInProcess.Run(world, group =>
        {
            using var gradients = torch.tensor(inputs[group.Rank]);
            using var half = HalfGradients.Of(gradients, count);
            half.AllReduce(group, new(0, count, 1));
            results[group.Rank] = gradients.data<float>().ToArray();
        });
        Assert.All(results, result => Assert.Equal(results[0], result));
        var rounded = false;
        for (var i = 0; i < count; i++)
        {
            var (exact, magnitude) = (inputs.Sum(input => (double)input[i]), inputs.Sum(input => Math.Abs((double)input[i])));
            Assert.Equal(exact, results[0][i], (Math.Pow(1 + Rounding, world) - 1) * magnitude);
            rounded |= Math.Abs(results[0][i] - exact) > magnitude * Rounding / 64;
        }

        Assert.True(rounded, "nothing was rounded: not reduced in bfloat16");
    }

    [Fact]
    public void Should_round_on_a_device_as_on_the_host()
    {
        // The class for device memory, over a tensor in host memory: no GPU takes part.
        var results = new float[4][];
        RanksInProcess.Run(2, group =>
        {
            foreach (var onDevice in new[] { false, true })
            {
                using var gradients = torch.tensor([.. Gradients(group.Rank, 2001), float.NaN, float.PositiveInfinity, float.MaxValue]);
                using HalfGradients half = onDevice
                    ? new HalfGradients.OnDevice(gradients, 1501)
                    : new HalfGradients.OnHost(gradients, 1501);
                half.AllReduce(group, new(3, 1500, 1));
                half.AllReduce(group, new(1503, 501, 1));
                results[(onDevice ? 2 : 0) + group.Rank] = gradients.data<float>().ToArray();
            }
        });
        Assert.Equal(results[0][3..], results[1][3..]);
        Assert.Equal(results[0], results[2]);
        Assert.Equal(results[1], results[3]);
        Assert.True(float.IsNaN(results[0][2001]));
        Assert.Equal([float.PositiveInfinity, float.PositiveInfinity], results[0][2002..]);
    }

    [Fact]
    public void Should_move_half_the_bytes_of_the_same_elements()
    {
        var moved = new List<long>();
        foreach (var half in new[] { false, true })
        {
            using var objective = TuningRun.Objective(null);
            using var trainer = TuningRun.Trainer(objective, bucketElements: 1000, half: half);
            var group = new CountingGroup();
            trainer.Join(group);
            group.Operations.Clear();
            trainer.Step(TuningRun.Share(0, 0, 1));
            var type = half ? ElementType.BFloat16 : ElementType.Float32;
            Assert.Equal(trainer.State.Parameters.Length, group.Operations.Where(o => o.Type == type).Sum(o => o.Count));
            moved.Add(group.Operations.Where(o => o.Type == type).Sum(o => o.Count * type.Size()));
            Assert.DoesNotContain(group.Operations, o => o.Type is ElementType.Float32 or ElementType.BFloat16 && o.Type != type);
        }

        Assert.Equal(moved[0], 2 * moved[1]);
    }

    [Fact]
    public void Should_round_nothing_with_one_rank_and_something_with_two()
    {
        foreach (var world in new[] { 1, 2 })
        {
            var weights = new float[4][];
            foreach (var half in new[] { false, true })
            {
                RanksInProcess.Run(world, group =>
                {
                    using var objective = TuningRun.Objective(null);
                    using var trainer = TuningRun.Trainer(objective, half: half);
                    trainer.Join(group);
                    trainer.Step(TuningRun.Share(0, group.Rank, world));
                    weights[(half ? 2 : 0) + group.Rank] = trainer.State.Parameters.Gradients.data<float>().ToArray();
                });
            }

            Assert.Equal(weights[2], world == 1 ? weights[0] : weights[3]);
            Assert.Equal(world == 1, weights[0].SequenceEqual(weights[2]));
        }
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData(torch.ScalarType.BFloat16)]
    public void Should_follow_the_reference_run_within_the_precision_of_bfloat16(torch.ScalarType? layers)
    {
        using var golden = new GoldenTuning();
        var expected = GoldenTuning.Json("single_rank_f64.json");
        var results = new StepResult[golden.Ranks][];
        RanksInProcess.Run(golden.Ranks, group =>
        {
            using var own = new GoldenTuning();
            using var objective = own.Objective(torch.ScalarType.Float32, layers: new LayerStackOptions { Dtype = layers });
            using var trainer = new DataParallelTrainer<LabelledSequence>(
                objective, new() { Schedule = own.Schedule(), Optimizer = own.Optimizer(), ClipNorm = 0, ReduceInHalf = true });
            trainer.Join(group);
            results[group.Rank] = [.. Enumerable.Range(0, own.Steps).Select(step => trainer.Step(own.Rows(step, group.Rank)))];
        });
        var worst = 0.0;
        for (var step = 0; step < golden.Steps; step++)
        {
            var (loss, norm) = (expected[step].GetProperty("loss_total").GetDouble(), expected[step].GetProperty("grad_norm").GetDouble());
            Assert.All(results, rank => Assert.Equal(results[0][step].TotalLoss, rank[step].TotalLoss));
            Assert.All(results, rank => Assert.Equal(results[0][step].GradientNorm, rank[step].GradientNorm));
            worst = Math.Max(worst, Math.Abs(results[0][step].TotalLoss - loss) / loss);
            Assert.InRange(results[0][step].GradientNorm, 0.97 * norm, 1.03 * norm);
        }

        Assert.InRange(worst, 1e-9, 5e-3);
    }

    [Theory]
    [InlineData("fp32", false)]
    [InlineData("bf16", true)]
    public void Should_read_the_setting(string reduction, bool half) =>
        Assert.Equal(half, Precision.ReducesInHalf(new TrainingOptions { Reduction = reduction }));

    [Fact]
    public void Should_refuse_what_it_cannot_reduce()
    {
        Assert.Contains("fp16", Assert.Throws<ArgumentException>(
            () => Precision.ReducesInHalf(new TrainingOptions { Reduction = "fp16" })).Message);
        using var objective = new LineObjective();
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(
            () => new DataParallelTrainer<LinePoint>(objective, new() { Schedule = new(1, 0, 1), ReduceInHalf = true })).Message);
    }

    private static float[] Gradients(int rank, int count)
    {
        var random = new Random(rank + 70);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-12, 4))))];
    }

    // One of two ranks, the other of which has nothing but zeros.
    private sealed class CountingGroup : ICollectiveGroup
    {
        public List<(ElementType Type, long Count)> Operations { get; } = [];

        public int Rank => 0;

        public int World => 2;

        public long Generation => 1;

        public void AllReduce(nint data, long count, ElementType type, ReduceOp op)
        {
            lock (Operations)
            {
                Operations.Add((type, count));
            }
        }

        public unsafe void AllGather(nint data, long count, ElementType type)
        {
            // The other rank says what this one says.
            var bytes = count * type.Size();
            Buffer.MemoryCopy((void*)data, (void*)(data + (nint)bytes), bytes, bytes);
        }

        public void Broadcast(nint data, long count, ElementType type, int root)
        {
        }

        public void Barrier()
        {
        }

        public void Abort(string reason)
        {
        }

        public void Dispose()
        {
        }
    }
}
