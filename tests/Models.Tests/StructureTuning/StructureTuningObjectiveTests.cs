using Ism.Models.Esm2;
using Ism.Models.Numerics;
using Ism.Models.StructureTuning;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.Tests.StructureTuning;

public class StructureTuningObjectiveTests
{
    private static readonly TuningSample[] Share =
        [.. ((int[])[30, 5, 61, 30, 12, 44]).Select((length, i) => MaskedLanguageModelTests.Sample(length, (ulong)i, heads: 2))];

    public StructureTuningObjectiveTests() => torch.set_num_threads(1);

    [Theory]
    [InlineData(10, false)]
    [InlineData(70, false)]
    [InlineData(70, true)]
    [InlineData(100_000, false)]
    public void Should_give_the_same_sums_and_gradients_however_it_is_packed(int budget, bool maskedOnly)
    {
        using var scope = torch.NewDisposeScope();
        var (expectedSums, expectedGradients) = SumsAndGradients(100, maskedOnly);
        var (sums, gradients) = SumsAndGradients(budget, maskedOnly);
        Assert.Equal(expectedSums.Length, sums.Length);
        Assert.All(expectedSums.Zip(sums), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * pair.First));
        Close.Require(expectedGradients, gradients, 1e-9, "gradients");
    }

    [Fact]
    public void Should_keep_micro_batches_within_the_token_budget_and_lose_no_sample()
    {
        using var objective = Objective(70);
        var batches = objective.Collate(Share).Cast<TuningMicroBatch>().ToList();
        Assert.Equal([61 + 2, 44 + 2, 30 + 2, 30 + 2, 12 + 2, 5 + 2], batches.SelectMany(batch => batch.Tokens.Lengths));
        Assert.All(batches, batch => Assert.InRange(batch.Tokens.Lengths.Sum(), 1, 70));
        Assert.Equal(Share.Sum(sample => sample.Residues.Length), batches.Sum(batch => batch.UsefulTokens));
        Assert.Empty(objective.Collate(Array.Empty<TuningSample>()));
        batches.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void Should_leave_out_the_excluded_token_and_residues_without_one()
    {
        using var objective = Objective(1000);
        using var batch = objective.Collate(Share).Single();
        Assert.Equal(
            [
                Share.Sum(sample => sample.Tokens[0].Count(token => token >= 0 && token != 3)),
                Share.Sum(sample => sample.Tokens[1].Count(token => token >= 0)),
                Share.Sum(sample => Math.Max(1, (int)Math.Round(0.15 * sample.Residues.Length))),
            ],
            batch.Counts);
        Assert.Equal(["structure.first", "structure.second", "mlm"], objective.Terms);
    }

    [Fact]
    public void Should_take_the_structure_loss_at_chosen_residues_alone_when_asked_and_judge_at_all()
    {
        using var scope = torch.NewDisposeScope();
        using var all = Objective(1000);
        using var masked = Objective(1000, maskedOnly: true);
        using var batch = masked.Collate(Share).Single();
        var labelled = Share.Select(new MaskedLanguageModel().Mask).ToArray();
        var expected = labelled.Sum(s => Enumerable.Range(0, s.Ids.Length).Count(i => s.MaskedLabels[i] >= 0 && s.Tokens[0][i] >= 0 && s.Tokens[0][i] != 3));
        Assert.Equal(expected, batch.Counts[0]);
        Assert.InRange(batch.Counts[1], 1, batch.Counts[2]);

        // The same as all positions of sequences whose other tokens are taken away.
        var alone = labelled.Select(s => s with
        {
            Tokens = [.. s.Tokens.Select(tokens => tokens.Select((token, i) => s.MaskedLabels[i] >= 0 ? token : LabelledSequence.Ignore).ToArray())],
        }).ToArray();
        using var reduced = all.Collate(alone).Single();
        Assert.Equal(reduced.Counts, batch.Counts);
        Assert.All(all.ForwardSums(reduced).Zip(masked.ForwardSums(batch)), sums => Assert.Equal(sums.First.item<double>(), sums.Second.item<double>(), 1e-9));

        using var whole = all.Collate(Share).Single();
        Assert.Equal(all.Evaluate(whole), masked.Evaluate(batch));
    }

    [Fact]
    public void Should_weigh_each_teacher_and_not_train_a_head_of_weight_0()
    {
        var model = Model();
        using var objective = new StructureTuningObjective(
            model,
            [TunedHead.New("first", 8, 3, model, 1, 0.5), TunedHead.New("second", 8, null, model, 1, 0)],
            new() { StructureWeight = 3, MaskedWeight = 2 });
        Assert.Equal([1.5, 0, 2], objective.TermWeights);
        Assert.Contains(objective.Parameters, parameter => parameter.Name == "first_head.weight");
        Assert.DoesNotContain(objective.Parameters, parameter => parameter.Name.StartsWith("second_head"));
    }

    [Fact]
    public void Should_collate_the_same_share_to_the_same_batches()
    {
        using var scope = torch.NewDisposeScope();
        using var objective = Objective(70);
        foreach (var (a, b) in objective.Collate(Share).Zip(objective.Collate(Share)))
        {
            Close.RequireSame(((TuningMicroBatch)a).Tokens.Ids, ((TuningMicroBatch)b).Tokens.Ids, "ids");
            a.Dispose();
            b.Dispose();
        }
    }

    [Fact]
    public void Should_evaluate_the_losses_it_trains_on()
    {
        using var scope = torch.NewDisposeScope();
        using var objective = Objective(1000);
        using var batch = objective.Collate(Share).Single();
        var metrics = objective.Evaluate(batch).ToDictionary(metric => metric.Metric, metric => (metric.Sum, metric.Count));
        Assert.Equal(objective.ForwardSums(batch)[2].item<double>(), metrics["mlm.loss"].Sum, 1e-9);
        Assert.Equal((double)batch.Counts[0], metrics["structure.first.accuracy"].Count);
        Assert.InRange(metrics["structure.first.accuracy"].Sum, 0, batch.Counts[0]);
        Assert.InRange(metrics["structure.second.masked_accuracy"].Count, 1, batch.Counts[2]);

        // Heads that always answer 5 are right exactly where the token is 5.
        using (torch.no_grad())
        {
            objective.Heads[1].Head.Weight.zero_();
            objective.Heads[1].Head.Bias.zero_();
            objective.Heads[1].Head.Bias[5] = 1;
        }

        var constant = objective.Evaluate(batch).Single(metric => metric.Metric == "structure.second.accuracy");
        Assert.Equal(Share.Sum(sample => sample.Tokens[1].Count(token => token == 5)), constant.Sum);
    }

    [Fact]
    public void Should_learn_tokens_that_follow_from_the_residue()
    {
        var samples = Enumerable.Range(0, 8).Select(i => MaskedLanguageModelTests.Sample(40, (ulong)i)).Select(sample => sample with
        {
            Tokens = [.. ((int[])[0, 1]).Select(_ => sample.Residues.Select(residue => (short)(residue % 8)).ToArray())],
        }).ToArray();
        using var objective = Objective(1000);
        using var flat = new FlatParameters(objective.Parameters);
        using var optimizer = new AdamW(flat);
        var accuracy = new List<double>();
        for (var step = 0; step < 60; step++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = objective.Collate(samples).Single();
            if (step is 0 or 59)
            {
                var (_, right, count) = objective.Evaluate(batch)[0];
                accuracy.Add(right / count);
            }

            flat.ZeroGradients();
            var sums = objective.ForwardSums(batch);
            ((sums[0] / Held.Of(batch.Counts[0])) + (sums[1] / Held.Of(batch.Counts[1])) + (sums[2] / Held.Of(batch.Counts[2]))).backward();
            flat.RequireViews();
            optimizer.Step(5e-3);
        }

        Assert.InRange(accuracy[0], 0, 0.5);
        Assert.InRange(accuracy[1], 0.9, 1);
    }

    [Fact]
    public void Should_not_train_what_no_gradient_reaches()
    {
        using var objective = new StructureTuningObjective(Model(), [], new() { MaskedWeight = 0 });
        Assert.DoesNotContain(objective.Parameters, parameter => parameter.Name.Contains("lm_head"));
        using var both = Objective(10);
        Assert.Contains(both.Parameters, parameter => parameter.Name == "backbone.lm_head.bias");
        Assert.Contains(both.Parameters, parameter => parameter.Name == "second_head.bias");
    }

    [Fact]
    public void Should_refuse_tokens_of_another_codebook()
    {
        using var objective = Objective(100);
        var foreign = Share[0] with { Tokens = [Share[0].Tokens[0], [.. Share[0].Tokens[1].Select(_ => (short)8)]] };
        Assert.Contains("another codebook", Assert.Throws<ArgumentException>(() => objective.Collate([foreign])).Message);
    }

    private static (double[] Sums, torch.Tensor Gradients) SumsAndGradients(int budget, bool maskedOnly)
    {
        using var objective = Objective(budget, maskedOnly);
        using var flat = new FlatParameters(objective.Parameters);
        var totals = new double[objective.Terms.Count];
        foreach (var batch in objective.Collate(Share))
        {
            using var scope = torch.NewDisposeScope();
            var sums = objective.ForwardSums(batch);
            for (var term = 0; term < totals.Length; term++)
            {
                totals[term] += sums[term].item<double>();
            }

            (sums[0] + sums[1] + sums[2]).backward();
            batch.Dispose();
        }

        return (totals, flat.Gradients.clone());
    }

    private static Esm2Model Model() => Esm2Initialization.Random(new(2, 16, 2), 3, torch.ScalarType.Float64);

    private static StructureTuningObjective Objective(int budget, bool maskedOnly = false)
    {
        var model = Model();
        return new(
            model, [TunedHead.New("first", 8, 3, model, 1), TunedHead.New("second", 8, null, model, 1)],
            new() { TokensPerMicroBatch = budget, StructureAtMaskedOnly = maskedOnly });
    }
}
