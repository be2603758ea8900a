using Ism.Models.Autoencoder;
using Ism.Structures.Alignments;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Autoencoder;

public sealed class EvoRankObjectiveTests : IDisposable
{
    private static readonly AutoencoderShape Shape = SyntheticEnvironments.Tiny with { Decoder = false, Head = "rank" };
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-evorank-").FullName;

    public EvoRankObjectiveTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("rank")]
    [InlineData("log-odds")]
    [InlineData("probability")]
    public void Should_be_the_mean_huber_loss_of_the_twenty_values_whatever_the_micro_batches(string head)
    {
        var samples = Samples(3, 5, 0, 30);
        using var scope = NewDisposeScope();
        using var model = new AtomicAutoencoder(Shape with { Head = head }, 5, ScalarType.Float64);
        var expected = 0.0;
        var residues = 0;
        foreach (var (environment, column) in samples.SelectMany(s => s.Environments.Select((e, i) => (e, s.Columns.AsSpan(20 * i, 20).ToArray()))))
        {
            var targets = new float[20];
            EvolutionaryTarget.Fill(EvolutionaryTarget.Parse(head), column, environment.AminoAcid, targets);
            using var batch = new AtomBatch([environment], ScalarType.Float64);
            var values = model.MutationValues(model.Encoder.Forward(batch).Embedding).data<double>().ToArray();
            expected += values.Zip(targets, (v, t) => Huber(Math.Abs(v - t))).Average();
            residues++;
        }

        foreach (var atomPairs in (long[])[long.MaxValue, 1500])
        {
            var objective = new EvoRankObjective(model, atomPairs);
            var batches = objective.Collate(samples);
            Assert.Equal(residues, batches.Sum(batch => batch.Counts[0]));
            Assert.Equal(expected, batches.Sum(batch => objective.ForwardSums(batch)[0].item<double>()), 1e-6 * expected);
            Assert.Equal(Enumerable.Range(0, samples.Count), batches.SelectMany(batch => batch.Samples!).Distinct().Order());
            foreach (var batch in batches)
            {
                batch.Dispose();
            }
        }
    }

    [Fact]
    public void Should_leave_out_residues_of_unknown_type_or_without_a_column()
    {
        using var objective = new EvoRankObjective(new AtomicAutoencoder(Shape, 1), 1_000_000);
        var sample = new EnvironmentSample
        {
            DrawKey = 1,
            Environments = [SyntheticEnvironments.Cloud(1, 9, aminoAcid: 20), SyntheticEnvironments.Cloud(2, 9), SyntheticEnvironments.Cloud(3, 9)],
            Columns = [.. Column(3), .. new float[20], .. Column(4)],
        };
        using var batch = Assert.Single(objective.Collate([sample]));
        Assert.Equal([1L], batch.Counts);
        Assert.Empty(objective.Collate([sample with { Environments = [], Columns = [] }]));
        Assert.Contains("3 environments has 20", Assert.Throws<InvalidDataException>(() => objective.Collate([sample with { Columns = Column(1) }])).Message);
    }

    [Fact]
    public void Should_learn_how_surroundings_rank_mutations_and_keep_it_in_its_folder()
    {
        var samples = Samples(8, 8, 6, 10);
        using var objective = new EvoRankObjective(new AtomicAutoencoder(Shape, 1), 1_000_000);
        var before = Correlation(objective, samples);
        var losses = ObjectiveTraining.Train(objective, samples, steps: 120);
        var after = Correlation(objective, samples);
        Assert.True(losses[^1][0] < 0.4 * losses[0][0], $"loss {losses[0][0]:f4} -> {losses[^1][0]:f4}");
        Assert.True(after > 0.8 && after > before + 0.3, $"correlation {before:f2} -> {after:f2}");

        objective.Model.Save(_folder);
        using var loaded = AtomicAutoencoder.Load(_folder);
        Assert.Equal(("rank", true), (loaded.Shape.Head, loaded.Shape.RanksMutations));
        using var scope = NewDisposeScope();
        using var z = randn(3, Shape.Width);
        Assert.Equal(objective.Model.MutationValues(z).data<float>().ToArray(), loaded.MutationValues(z).data<float>().ToArray());
        Assert.Contains("use MutationValues", Assert.Throws<InvalidOperationException>(() => loaded.AminoAcidLogits(z)).Message);
        using var other = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        Assert.Contains("use AminoAcidLogits", Assert.Throws<InvalidOperationException>(() => other.MutationValues(z)).Message);
    }

    [Fact]
    public void Should_refuse_shapes_that_cannot_be()
    {
        Assert.Contains("has no decoder", Assert.Throws<ArgumentException>(() => (Shape with { Decoder = true }).Validate()).Message);
        Assert.Contains("Head is 'order'", Assert.Throws<ArgumentException>(() => (Shape with { Head = "order" }).Validate()).Message);
        using var model = new AtomicAutoencoder(SyntheticEnvironments.Tiny, 1);
        Assert.Throws<ArgumentException>(() => new EvoRankObjective(model, 1000));
    }

    private static double Huber(double distance) => distance <= 1 ? distance * distance / 2 : distance - 0.5;

    private static double Correlation(EvoRankObjective objective, List<EnvironmentSample> samples)
    {
        var metrics = objective.Collate(samples).SelectMany(batch =>
        {
            using (batch)
            {
                return objective.Evaluate(batch);
            }
        }).ToList();
        Assert.All(metrics, m => Assert.Equal("evorank correlation", m.Metric));
        return metrics.Sum(m => m.Sum) / metrics.Sum(m => m.Count);
    }

    // What stands at a place is like what stood there: the nearer in the alphabet, the likelier.
    private static float[] Column(int type)
    {
        var weights = Enumerable.Range(0, 20).Select(a => Math.Exp(-Math.Abs(a - type) / 3.0)).ToArray();
        return [.. weights.Select(w => (float)(w / weights.Sum()))];
    }

    private static List<EnvironmentSample> Samples(ulong seed, int samples, int from, int to) =>
    [
        .. SyntheticEnvironments.Samples(seed, samples, from, to)
            .Select(sample => sample with { Columns = [.. sample.Environments.SelectMany(e => Column(e.AminoAcid))] }),
    ];
}
