using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2.Layers;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>bfloat16 layers over float32 weights. bfloat16 has 8 bits of mantissa: a rounding is 0.4 % at most.</summary>
public class MixedPrecisionTests
{
    private const double LossTolerance = 5e-3;
    private static readonly LayerStackOptions Half = new() { Dtype = torch.ScalarType.BFloat16 };

    public MixedPrecisionTests() => torch.set_num_threads(1);

    [SkippableFact]
    public void Should_follow_the_reference_run_within_the_precision_of_bfloat16()
    {
        using var golden = new GoldenTuning();
        var expected = GoldenTuning.Json("single_rank_f64.json");
        using var objective = golden.Objective(torch.ScalarType.Float32, layers: Half);
        using var trainer = new DataParallelTrainer<Models.StructureTuning.LabelledSequence>(
            objective, new() { Schedule = golden.Schedule(), Optimizer = golden.Optimizer(), ClipNorm = 0 });
        var worst = 0.0;
        for (var step = 0; step < golden.Steps; step++)
        {
            var result = trainer.Step(golden.Rows(step));
            var loss = expected[step].GetProperty("loss_total").GetDouble();
            worst = Math.Max(worst, Math.Abs(result.TotalLoss - loss) / loss);
            var norm = expected[step].GetProperty("grad_norm").GetDouble();
            Assert.InRange(result.GradientNorm, 0.97 * norm, 1.03 * norm);
        }

        // Exactly equal would mean that it was not computed in bfloat16.
        Assert.InRange(worst, 1e-7, LossTolerance);
    }

    [Fact]
    public void Should_learn_alike_in_both_precisions_over_fifty_steps()
    {
        var (single, half) = (Losses(null), Losses(torch.ScalarType.BFloat16));
        Assert.True(single[^1] < 0.8 * single[0], $"from {single[0]} to {single[^1]} only");
        for (var step = 0; step < single.Length; step++)
        {
            Assert.True(Math.Abs(half[step] - single[step]) < 0.01 * single[step], $"step {step}: {half[step]} against {single[step]}");
        }
    }

    [Fact]
    public void Should_agree_over_ranks_and_repeat_to_the_bit()
    {
        var results = new List<StepResult>();
        foreach (var world in new[] { 1, 3, 3 })
        {
            var steps = new StepResult[world];
            var weights = new float[world][];
            RanksInProcess.Run(world, group =>
            {
                using var objective = TuningRun.Objective(torch.ScalarType.BFloat16);
                using var trainer = TuningRun.Trainer(objective);
                trainer.Join(group);
                for (var step = 0; step < 5; step++)
                {
                    steps[group.Rank] = trainer.Step(TuningRun.Share(step, group.Rank, world));
                }

                weights[group.Rank] = trainer.State.Parameters.Values.data<float>().ToArray();
            });
            Assert.All(weights, copy => Assert.Equal(weights[0], copy));
            results.Add(steps[0]);
        }

        Assert.Equal(results[1].TotalLoss, results[2].TotalLoss);
        Assert.Equal(results[1].GradientNorm, results[2].GradientNorm);
        Assert.Equal(results[0].TotalLoss, results[1].TotalLoss, results[0].TotalLoss * LossTolerance);
        Assert.Equal(results[0].GradientNorm, results[1].GradientNorm, results[0].GradientNorm * 0.02);
    }

    [Fact]
    public void Should_keep_weights_and_moments_in_float32()
    {
        using var objective = TuningRun.Objective(torch.ScalarType.BFloat16);
        using var trainer = TuningRun.Trainer(objective);
        trainer.Step(TuningRun.Share(0, 0, 1));
        Assert.All(trainer.State.Buffers, buffer => Assert.Equal(torch.ScalarType.Float32, buffer.Flat.dtype));

        // A weight that bfloat16 could hold as well would have its lower bits empty.
        Assert.Contains(trainer.State.Parameters.Values.data<float>().ToArray(), value => (BitConverter.SingleToInt32Bits(value) & 0xFFFF) != 0);
        trainer.State.Parameters.RequireViews();
    }

    [Theory]
    [InlineData("fp32", "none", null, 0)]
    [InlineData("tf32", "none", null, 0)]
    [InlineData("bf16", "blocks", torch.ScalarType.BFloat16, 1)]
    public void Should_read_the_settings(string precision, string checkpointing, torch.ScalarType? dtype, int every) => Assert.Equal(
        new LayerStackOptions { Dtype = dtype, CheckpointEvery = every },
        Precision.Layers(new TrainingOptions { Precision = precision, ActivationCheckpointing = checkpointing }));

    private static double[] Losses(torch.ScalarType? dtype)
    {
        using var objective = TuningRun.Objective(dtype, layers: 2, width: 64, tokens: 400);
        using var trainer = TuningRun.Trainer(objective, rate: 3e-3);
        return [.. Enumerable.Range(0, 50).Select(step => trainer.Step(TuningRun.Share(step, 0, 1)).TotalLoss)];
    }
}
