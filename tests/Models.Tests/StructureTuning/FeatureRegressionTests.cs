using Ism.Models.Esm2;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using Ism.Models.StructureTuning;
using Ism.Models.Tests.Serialization;
using Ism.Models.Training;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.Tests.StructureTuning;

/// <summary>Structure-tuning with a head that regresses features, beside one that classifies the tokens of a further teacher.</summary>
public class FeatureRegressionTests
{
    private const int Channels = 5;
    private const int Excluded = 3;
    private static readonly FeatureScale Scale = new([0.5, -1, 2, 0, 10], [1, 2, 0.25, 3, 0.5]);
    private static readonly TuningSample[] Share =
        [.. ((int[])[30, 5, 61, 30, 12, 44]).Select((length, i) => Sample(length, (ulong)i))];

    public FeatureRegressionTests() => torch.set_num_threads(1);

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
        Assert.All(expectedSums.Zip(sums), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * pair.First));
        Close.Require(expectedGradients, gradients, 1e-9, "gradients");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_be_the_mean_over_channels_of_the_squared_scaled_error_at_the_positions_of_the_tokens(bool maskedOnly)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var objective = Objective(1000, maskedOnly);
        using var batch = objective.Collate(Share).Cast<TuningMicroBatch>().Single();
        Assert.Equal(["features.autoencoder", "structure.second", "mlm"], objective.Terms);

        var hidden = objective.Model.Represent(batch.Tokens, objective.Model.Layout(batch.Tokens));
        var said = objective.Heads[0].Head.Output(hidden).data<double>().ToArray();
        var (sum, count, row) = (0.0, 0L, 0);
        foreach (var sample in Share.OrderByDescending(sample => sample.Residues.Length))
        {
            var labels = new MaskedLanguageModel().Mask(sample).MaskedLabels;
            row++;
            for (var residue = 0; residue < sample.Residues.Length; residue++, row++)
            {
                if (sample.Tokens[0][residue] is < 0 or Excluded || (maskedOnly && labels[residue + 1] < 0))
                {
                    continue;
                }

                count++;
                for (var channel = 0; channel < Channels; channel++)
                {
                    var target = ((double)sample.Features[(residue * Channels) + channel] - Scale.Mean[channel]) / Scale.Deviation[channel];
                    sum += Math.Pow(said[(row * Channels) + channel] - target, 2) / Channels;
                }
            }

            row++;
        }

        Assert.Equal(count, batch.Counts[0]);
        Assert.Equal(sum, objective.ForwardSums(batch)[0].item<double>(), 1e-5 * sum);
    }

    [Fact]
    public void Should_explain_nothing_by_the_mean_and_say_the_loss_it_trains_on()
    {
        using var scope = torch.NewDisposeScope();
        using var objective = Objective(1000);
        using var batch = objective.Collate(Share).Single();
        using (torch.no_grad())
        {
            objective.Heads[0].Weight.zero_();
            objective.Heads[0].Bias.zero_();
        }

        var metrics = objective.Evaluate(batch).ToDictionary(metric => metric.Metric, metric => (metric.Sum, metric.Count));
        Assert.Equal(0, metrics["features.autoencoder.explained"].Sum, 1e-9);
        Assert.Equal(0, metrics["features.autoencoder.masked_explained"].Sum, 1e-9);
        Assert.Equal(metrics["features.autoencoder.loss"].Sum, metrics["features.autoencoder.explained"].Count, 1e-9);
        Assert.Equal((double)batch.Counts[0], metrics["features.autoencoder.loss"].Count);
        Assert.Equal(objective.ForwardSums(batch)[0].item<double>(), metrics["features.autoencoder.loss"].Sum, 1e-9);
        Assert.Contains("structure.second.accuracy", metrics.Keys);
    }

    [Fact]
    public void Should_learn_features_that_follow_from_the_residue_and_export_a_head_that_says_them()
    {
        // A function of the residue alone.
        var samples = Enumerable.Range(0, 8).Select(i => Sample(40, (ulong)i)).Select(sample => sample with
        {
            Features = [.. sample.Residues.SelectMany(letter => Enumerable.Range(0, Channels).Select(channel =>
                (Half)(Scale.Mean[channel] + (Scale.Deviation[channel] * Math.Cos((letter % 8) * (channel + 1))))))],
        }).ToArray();
        using var objective = Objective(1000);
        using var flat = new FlatParameters(objective.Parameters);
        using var optimizer = new AdamW(flat);
        using var batch = objective.Collate(samples).Cast<TuningMicroBatch>().Single();
        for (var step = 0; step < 80; step++)
        {
            using var scope = torch.NewDisposeScope();
            flat.ZeroGradients();
            (objective.ForwardSums(batch)[0] / Held.Of(batch.Counts[0])).backward();
            flat.RequireViews();
            optimizer.Step(5e-3);
        }

        var (_, explained, of) = objective.Evaluate(batch)[0];
        Assert.InRange(explained / of, 0.9, 1);

        using var compared = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var folder = new TemporaryFolder();
        using (var exported = objective.Heads[0].Exported())
        using (var tokens = objective.Heads[1].Exported())
        {
            objective.Model.SaveHuggingFace(folder.Path("model"), [exported, tokens]);
        }

        var heads = StructureHead.Load(folder.Path("model"), objective.Model.Config.Width, torch.ScalarType.Float64);
        Assert.Equal([("second", false), ("autoencoder", true)], heads.Select(head => (head.Name, head.IsFeatures)));
        var hidden = objective.Model.Represent(batch.Tokens, objective.Model.Layout(batch.Tokens));
        var scaled = objective.Heads[0].Head.Output(hidden);
        var deviation = torch.tensor(Scale.Deviation.ToArray());
        Close.Require((scaled * deviation) + torch.tensor(Scale.Mean.ToArray()), heads[1].Output(hidden), 1e-5, "exported features");
        Close.Require(objective.Heads[1].Head.Output(hidden), heads[0].Output(hidden), 1e-5, "exported tokens");

        // What `ism embed` writes of it.
        File.WriteAllText(folder.Path("in.fasta"), $">one\n{samples[0].Residues}\n");
        using var embedder = Esm2Embedder.Open(folder.Path("model"));
        embedder.Embed(folder.Path("in.fasta"), folder.Path("out"), new() { Include = EmbedOptions.Parse("structure-features,structure-tokens") });
        var written = SafeTensorsFile.Load(folder.Path("out"));
        Assert.Equal(["one/structure-features/autoencoder", "one/structure-tokens/second"], written.Keys.Order());
        using var alone = PackedTokens.From([Esm2Alphabet.EncodeResidues(samples[0].Residues)]);
        var states = objective.Model.Represent(alone, objective.Model.Layout(alone)).narrow(0, 1, samples[0].Residues.Length);
        Close.Require(heads[1].Output(states), written["one/structure-features/autoencoder"], 1e-4, "embedded features");
    }

    [Fact]
    public void Should_name_its_parameters_apart_from_those_of_a_head_for_tokens()
    {
        using var objective = Objective(10);
        Assert.Contains(objective.Parameters, parameter => parameter.Name == "autoencoder_features.weight");
        Assert.Contains(objective.Parameters, parameter => parameter.Name == "second_head.bias");
        Assert.DoesNotContain(objective.Parameters, parameter => parameter.Name.StartsWith("autoencoder_head", StringComparison.Ordinal));
    }

    [Fact]
    public void Should_refuse_features_of_another_encoder()
    {
        using var objective = Objective(100);
        var foreign = Share[0] with { Features = [.. Share[0].Features.Skip(1)] };
        Assert.Contains("5 channels a residue", Assert.Throws<ArgumentException>(() => objective.Collate([foreign])).Message);
    }

    [Fact]
    public void Should_take_mean_and_deviation_of_every_channel()
    {
        var sums = new FeatureSums(3);
        Assert.Throws<ArgumentException>(() => sums.Scale());
        Half[][] rows = [[(Half)1, (Half)7, (Half)0], [(Half)3, (Half)7, (Half)0], [(Half)5, (Half)7, (Half)0]];
        foreach (var row in rows)
        {
            sums.Add(row);
        }

        var scale = sums.Scale();
        Assert.Equal((3L, 3), (sums.Count, scale.Width));
        Assert.Equal([3, 7, 0], scale.Mean);
        Assert.Equal(Math.Sqrt(8 / 3.0), scale.Deviation[0], 1e-12);
        Assert.Equal([1, 1], scale.Deviation.Skip(1));

        using var folder = new TemporaryFolder();
        scale.Save(folder.Path("scale.json"));
        var back = FeatureScale.Load(folder.Path("scale.json"));
        Assert.Equal((scale.Mean, scale.Deviation), (back.Mean, back.Deviation), (a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2));
        foreach (var wrong in (string[])["{}", "null", "[", "{\"Mean\":[1],\"Deviation\":[0]}", "{\"Mean\":[1,2],\"Deviation\":[1]}"])
        {
            File.WriteAllText(folder.Path("scale.json"), wrong);
            Assert.Contains("scale.json", Assert.Throws<InvalidDataException>(() => FeatureScale.Load(folder.Path("scale.json"))).Message);
        }
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

    private static TuningSample Sample(int length, ulong key)
    {
        var random = new CounterRandom(key, 77);
        return MaskedLanguageModelTests.Sample(length, key, heads: 2) with
        {
            Features = [.. Enumerable.Range(0, length * Channels).Select(_ => (Half)((6 * random.NextDouble()) - 3))],
        };
    }

    private static StructureTuningObjective Objective(int budget, bool maskedOnly = false)
    {
        var model = Esm2Initialization.Random(new(2, 16, 2), 3, torch.ScalarType.Float64);
        return new(
            model, [TunedHead.NewFeatures("autoencoder", Scale, 8, Excluded, model, 1), TunedHead.New("second", 8, null, model, 1)],
            new() { TokensPerMicroBatch = budget, StructureAtMaskedOnly = maskedOnly });
    }
}
