using Ism.Models.Autoencoder;
using TorchSharp;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Autoencoder;

public class AutoencoderObjectiveTests
{
    /// <summary>Tiny tensors gain nothing from threads, which wait for each other at every operation on a busy machine.</summary>
    public AutoencoderObjectiveTests() => set_num_threads(1);

    [Fact]
    public void Should_sum_the_same_losses_and_gradients_whatever_the_micro_batches()
    {
        var samples = SyntheticEnvironments.Samples(4, samples: 5, from: 0, to: 40);
        var (whole, wholeCounts, wholeGrads) = Pass(samples, atomPairs: long.MaxValue);
        var (split, splitCounts, splitGrads) = Pass(samples, atomPairs: 2000);
        Assert.Equal(wholeCounts, splitCounts);
        Assert.All(whole.Zip(split), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * (1 + Math.Abs(pair.First))));
        Assert.All(wholeGrads.Zip(splitGrads), pair => Assert.Equal(pair.First, pair.Second, 1e-8 * (1 + Math.Abs(pair.First))));
    }

    [Fact]
    public void Should_count_pairs_known_residues_and_environments_with_atoms()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        using var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions { PairsPerEnvironment = 50 });
        var sample = new EnvironmentSample
        {
            DrawKey = 1,
            Environments =
            [
                SyntheticEnvironments.Cloud(1, 0), SyntheticEnvironments.Cloud(2, 1), SyntheticEnvironments.Cloud(3, 3),
                SyntheticEnvironments.Cloud(4, 30, aminoAcid: 20),
            ],
        };
        using var batch = Assert.Single(objective.Collate([sample]));
        Assert.Equal([6 + 50, 3, 3], batch.Counts);
        Assert.Equal(34, batch.UsefulTokens);
        Assert.Empty(objective.Collate([]));
    }

    [Fact]
    public void Should_stay_finite_and_differentiable_where_nothing_counts()
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        using var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions { Stage = 2 });
        var sample = new EnvironmentSample { DrawKey = 1, Environments = [SyntheticEnvironments.Cloud(1, 0, aminoAcid: 20)] };
        using var batch = Assert.Single(objective.Collate([sample]));
        Assert.Equal([0, 0, 0], batch.Counts);
        var sums = objective.ForwardSums(batch);
        Assert.All(sums, sum => Assert.Equal(0, sum.item<float>()));
        (sums[0] + sums[1] + sums[2]).backward();
        Assert.All(objective.Parameters, p => Assert.False(p.Tensor.grad is { } g && g.isnan().any().item<bool>(), p.Name));
    }

    [Fact]
    public void Should_leave_the_coordinates_out_of_the_gradient_in_stage_1()
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        using var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions { Stage = 1 });
        using var batch = Assert.Single(objective.Collate(SyntheticEnvironments.Samples(1, 1, 5, 9)));
        var sums = objective.ForwardSums(batch);
        Assert.Equal([1, 1, 0], objective.TermWeights);
        Assert.True(sums[0].requires_grad && sums[1].requires_grad);
        Assert.False(sums[2].requires_grad);
        Assert.True(sums[2].item<float>() > 0);
    }

    [Fact]
    public void Should_leave_no_tensor_behind()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        using var objective = new AutoencoderObjective(
            model, new AutoencoderTrainingOptions { Stage = 2, AtomPairsPerMicroBatch = 500 });
        var samples = SyntheticEnvironments.Samples(1, 4, 0, 20);
        var encoder = new EnvironmentEncoder(model, 500);
        var live = new List<long>();
        for (var step = 0; step < 4; step++)
        {
            ObjectiveTraining.Backward(objective, samples);
            encoder.Embed(samples[0].Environments);
            live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        // The first step makes the gradients.
        Assert.All(live[1..], count => Assert.Equal(live[1], count));
    }

    [Fact]
    public void Should_learn_synthetic_environments()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        using var objective = new AutoencoderObjective(
            model, new AutoencoderTrainingOptions { Stage = 2, CoordinatesWeight = 0.1 });
        var samples = SyntheticEnvironments.Samples(8, samples: 8, from: 6, to: 10);
        var losses = ObjectiveTraining.Train(objective, samples, steps: 150);
        var (first, last) = (losses[0], losses[^1]);
        Assert.True(last[0] < first[0] - 0.5, $"distogram {first[0]:f3} -> {last[0]:f3}");
        Assert.True(last[1] < first[1] - 1.0, $"amino acid {first[1]:f3} -> {last[1]:f3}");
        Assert.True(last[2] < 0.7 * first[2], $"coordinates {first[2]:f3} -> {last[2]:f3}");
        var metrics = objective.Collate(samples).SelectMany(batch =>
        {
            using (batch)
            {
                return objective.Evaluate(batch);
            }
        }).ToLookup(m => m.Metric);
        var accuracy = metrics["amino-acid accuracy"].Sum(m => m.Sum) / metrics["amino-acid accuracy"].Sum(m => m.Count);
        Assert.True(accuracy > 0.4, $"amino acid accuracy {accuracy:p0} on its own training set");
        Assert.Equal(2, metrics.Count);
    }

    [Fact]
    public void Should_train_the_encoder_alone_on_amino_acids()
    {
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny with { Decoder = false }, 1);
        using var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions());
        Assert.Equal(["amino-acid"], objective.Terms);
        Assert.DoesNotContain(objective.Parameters, p => p.Name.StartsWith("decoder", StringComparison.Ordinal));
        var losses = ObjectiveTraining.Train(objective, SyntheticEnvironments.Samples(8, samples: 8, from: 6, to: 10), steps: 100);
        Assert.True(losses[^1][0] < losses[0][0] - 1.0, $"amino acid {losses[0][0]:f3} -> {losses[^1][0]:f3}");
    }

    private static (double[] Sums, long[] Counts, double[] Gradients) Pass(List<EnvironmentSample> samples, long atomPairs)
    {
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 5, ScalarType.Float64);
        using var objective = new AutoencoderObjective(model, new AutoencoderTrainingOptions
        {
            Stage = 2,
            PairsPerEnvironment = 100,
            AtomPairsPerMicroBatch = atomPairs,
        });
        var (sums, counts) = (new double[3], new long[3]);
        foreach (var batch in objective.Collate(samples))
        {
            using (batch)
            {
                var terms = objective.ForwardSums(batch);
                (terms[0] + terms[1] + terms[2]).backward();
                for (var t = 0; t < 3; t++)
                {
                    sums[t] += terms[t].item<double>();
                    counts[t] += batch.Counts[t];
                }
            }
        }

        return (sums, counts, [.. objective.Parameters.SelectMany(p => p.Tensor.grad!.data<double>().ToArray())]);
    }
}
