using System.Text.Json;
using Ism.GpuTrainer.Training;
using Ism.Models.Numerics;
using Ism.Models.StructureTuning;
using Ism.Models.Training;
using TorchSharp;
using Xunit.Sdk;

namespace Ism.GpuTrainer.Tests.Training;

public class GoldenTrajectoryTests
{
    private const double Exact = 1e-9;

    // Tensors this small are not worth a second thread, least of all on a busy machine.
    public GoldenTrajectoryTests() => torch.set_num_threads(1);

    [SkippableTheory]
    [InlineData(torch.ScalarType.Float64, "single_rank_f64.json", Exact, 1 << 20)]
    [InlineData(torch.ScalarType.Float64, "single_rank_f64.json", Exact, 100)]
    [InlineData(torch.ScalarType.Float32, "single_rank_f32.json", 1e-4, 1 << 20)]
    public void Should_follow_every_loss_norm_rate_and_the_weights(
        torch.ScalarType dtype, string reference, double tolerance, int tokensPerMicroBatch)
    {
        using var golden = new GoldenTuning();
        var expected = GoldenTuning.Json(reference);
        using var objective = golden.Objective(dtype, tokensPerMicroBatch);
        using var trainer = Trainer(golden, objective);
        for (var step = 0; step < golden.Steps; step++)
        {
            RequireStep(expected[step], trainer.Step(golden.Rows(step)), tolerance);
            if (step == 0 && GoldenTuning.Has("step0_grads.safetensors"))
            {
                RequireTensors("step0_grads.safetensors", trainer.State.Parameters, trainer.State.Parameters.Gradients, tolerance);
            }

            if (step == 5 && GoldenTuning.Has("weights_after_step_index_5.safetensors"))
            {
                RequireTensors("weights_after_step_index_5.safetensors", trainer.State.Parameters,
                    trainer.State.Parameters.Values, tolerance);
            }
        }

        RequireTensors("final_weights.safetensors", trainer.State.Parameters, trainer.State.Parameters.Values, tolerance);
    }

    [SkippableFact]
    public void Should_equal_one_rank_with_several_and_differ_from_the_mean_of_means()
    {
        using var golden = new GoldenTuning();
        var single = GoldenTuning.Json("single_rank_f64.json");
        var ranks = GoldenTuning.Json("data_parallel_global_mean_f64.json");
        var results = new StepResult[golden.Ranks][];
        RanksInProcess.Run(golden.Ranks, group =>
        {
            using var own = new GoldenTuning();
            using var objective = own.Objective(torch.ScalarType.Float64);
            using var trainer = Trainer(own, objective);
            trainer.Join(group);
            results[group.Rank] = [.. Enumerable.Range(0, own.Steps).Select(step => trainer.Step(own.Rows(step, group.Rank)))];
            RequireTensors("final_weights.safetensors", trainer.State.Parameters, trainer.State.Parameters.Values, Exact);
        });

        for (var step = 0; step < golden.Steps; step++)
        {
            foreach (var result in results.Select(rank => rank[step]))
            {
                RequireStep(single[step], result, Exact);
                RequireStep(ranks[step], result, Exact);
                Assert.Equal(results[0][step] with { Timings = result.Timings, Losses = result.Losses }, result with
                {
                    Terms = results[0][step].Terms,
                    Counts = results[0][step].Counts,
                });
            }
        }
    }

    [SkippableFact]
    public void Should_show_that_the_mean_of_means_is_another_loss()
    {
        using var golden = new GoldenTuning();
        var expected = GoldenTuning.Json("data_parallel_global_mean_f64.json");
        using var objective = golden.Objective(torch.ScalarType.Float64);
        var largest = 0.0;
        using var noGrad = torch.no_grad();
        var parts = Enumerable.Range(0, golden.Ranks).Select(rank => SumsAndCounts(objective, golden.Rows(0, rank))).ToArray();
        for (var term = 0; term < GoldenTuning.Terms.Length; term++)
        {
            var name = GoldenTuning.Terms[term];
            for (var rank = 0; rank < golden.Ranks; rank++)
            {
                var (sums, counts) = parts[rank];
                Assert.Equal(expected[0].GetProperty("rank_counts")[rank].GetProperty(name).GetInt64(), counts[term]);
                RequireClose(expected[0].GetProperty("rank_loss_sums")[rank].GetProperty(name).GetDouble(), sums[term], Exact, name);
            }

            if (parts.Any(part => part.Counts[term] == 0))
            {
                continue;
            }

            var naive = parts.Average(part => part.Sums[term] / part.Counts[term]);
            RequireClose(expected[0].GetProperty("naive_mean_of_rank_means").GetProperty(name).GetDouble(), naive, Exact, name);
            largest = Math.Max(largest, Math.Abs(naive - (parts.Sum(part => part.Sums[term]) / parts.Sum(part => part.Counts[term]))));
        }

        Assert.True(largest > 1e-4, $"the mean of means differs from the global mean by {largest} only");
    }

    [SkippableFact]
    public void Should_not_end_where_the_mean_of_means_ends()
    {
        using var scope = torch.NewDisposeScope();
        var naive = GoldenTuning.Tensors("naive_final_heads.safetensors");
        using var golden = new GoldenTuning();
        using var objective = golden.Objective(torch.ScalarType.Float64);
        using var trainer = Trainer(golden, objective);
        for (var step = 0; step < golden.Steps; step++)
        {
            trainer.Step(golden.Rows(step));
        }

        var apart = trainer.State.Parameters.Slots.Where(slot => naive.ContainsKey(slot.Name)).Max(slot =>
            (FlatParameters.View(trainer.State.Parameters.Values, slot) - naive[slot.Name]).abs().max().item<double>());
        Assert.True(apart > 1e-5, $"only {apart} from the weights of the mean of means");
    }

    [SkippableFact]
    public void Should_take_a_rank_without_masked_targets()
    {
        using var golden = new GoldenTuning();
        var edge = GoldenTuning.Json("edge_rank_without_mlm_targets.json");
        var results = new StepResult[golden.Ranks];
        RanksInProcess.Run(golden.Ranks, group =>
        {
            using var own = new GoldenTuning();
            using var objective = own.Objective(torch.ScalarType.Float64);
            using var trainer = Trainer(own, objective);
            trainer.Join(group);
            var rows = own.Rows(0, group.Rank);
            results[group.Rank] = trainer.Step(group.Rank != 0 ? rows : [.. rows.Select(row => row with
            {
                MaskedLabels = [.. row.MaskedLabels.Select(_ => LabelledSequence.Ignore)],
            })]);
        });
        Assert.All(results, result =>
        {
            RequireClose(edge.GetProperty("grad_norm").GetDouble(), result.GradientNorm, Exact, "gradient norm");
            for (var term = 0; term < GoldenTuning.Terms.Length; term++)
            {
                var name = GoldenTuning.Terms[term];
                Assert.Equal(edge.GetProperty("counts").GetProperty(name).GetInt64(), result.Counts[term]);
                RequireClose(edge.GetProperty("losses").GetProperty(name).GetDouble(), result.Losses[term]!.Value, Exact, name);
            }
        });
    }

    private static DataParallelTrainer<LabelledSequence> Trainer(GoldenTuning golden, PreparedObjective objective) =>
        new(objective, new() { Schedule = golden.Schedule(), Optimizer = golden.Optimizer(), ClipNorm = 0 });

    private static (double[] Sums, long[] Counts) SumsAndCounts(PreparedObjective objective, List<LabelledSequence> rows)
    {
        using var scope = torch.NewDisposeScope();
        using var batch = objective.Collate(rows).SingleOrDefault();
        return batch is null ? (new double[3], new long[3]) : ([.. objective.ForwardSums(batch).Select(sum => sum.ToDouble())], [.. batch.Counts]);
    }

    private static void RequireStep(JsonElement expected, StepResult result, double tolerance)
    {
        var at = $"step {result.Step}: ";
        Assert.Equal(expected.GetProperty("step").GetInt64(), result.Step);
        RequireClose(expected.GetProperty("lr").GetDouble(), result.LearningRate, 1e-14, at + "learning rate");
        RequireClose(expected.GetProperty("grad_norm").GetDouble(), result.GradientNorm, tolerance, at + "gradient norm");
        RequireClose(expected.GetProperty("loss_total").GetDouble(), result.TotalLoss, tolerance, at + "total loss");
        for (var term = 0; term < GoldenTuning.Terms.Length; term++)
        {
            var name = GoldenTuning.Terms[term];
            RequireClose(expected.GetProperty($"loss_{name}").GetDouble(), result.Losses[term]!.Value, tolerance, at + name);
            if (expected.TryGetProperty("counts", out var counts))
            {
                Assert.Equal(counts.GetProperty(name).GetInt64(), result.Counts[term]);
            }
        }
    }

    private static void RequireTensors(string file, FlatParameters parameters, torch.Tensor flat, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var expected = GoldenTuning.Tensors(file);
        foreach (var slot in parameters.Slots)
        {
            var off = ((FlatParameters.View(flat, slot) - expected[slot.Name]).abs() / (Held.Of(1) + expected[slot.Name].abs())).max();
            RequireClose(0, off.to(torch.float64).item<double>(), tolerance, $"{slot.Name} of {file}");
        }
    }

    private static void RequireClose(double expected, double actual, double tolerance, string what)
    {
        if (!(Math.Abs(actual - expected) <= tolerance * (1e-12 + Math.Max(Math.Abs(expected), expected == 0 ? 1 : 0))))
        {
            throw new XunitException($"{what}: {actual:R}, expected {expected:R} within {tolerance}");
        }
    }
}
