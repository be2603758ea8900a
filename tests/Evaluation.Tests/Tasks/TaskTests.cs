using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Labels;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Probes;
using Ism.Evaluation.Tasks;
using Ism.Models.Esm2;
using Ism.Structures;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Evaluation.Tests.Tasks;

/// <summary>Tasks whose answer is in the sequence, with a language model of random weights.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-tasks-").FullName;
    private readonly EvaluatedModel _model;

    public TaskTests()
    {
        using var model = Esm2Initialization.Random(new Esm2Config(2, 32, 2), seed: 5);
        model.SaveHuggingFace(Path.Combine(_folder, "model"));
        _model = new EvaluatedModel("random", Path.Combine(_folder, "model"));
    }

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Should_learn_classes_and_values_that_follow_from_the_residue()
    {
        var classes = Data(60, e => e with { ResidueClasses = [.. e.Sequence.Select((c, i) => i == 0 ? -1 : "ACDEF".Contains(c) ? 1 : 0)] });
        var scores = ResidueTask.Classify(_model, classes with { Classes = ["no", "yes"] }, new TaskOptions());
        Assert.InRange(scores.Estimate("accuracy", new Bootstrap(50)).Value, 0.87, 1);
        Assert.InRange(scores.Estimate("macro F1", new Bootstrap(50)).Value, 0.75, 1);
        Assert.Equal(classes.Of(Part.Test).Sum(i => classes.Examples[i].Sequence.Length - 1), scores.Columns[0].Values.Sum());

        var values = Data(60, e => e with { ResidueValues = [.. e.Sequence.Select(c => AminoAcids.Index(c) / 20f)] });
        var exposure = ResidueTask.Exposure(_model, values, new TaskOptions { Probe = new ProbeOptions { Hidden = 32 } });
        Assert.InRange(exposure.Estimate("Spearman", new Bootstrap(50)).Value, 0.8, 1);
    }

    [Fact]
    public void Should_not_learn_what_is_drawn_at_random()
    {
        var random = new CounterRandom(99);
        var data = Data(60, e => e with { ResidueClasses = [.. e.Sequence.Select(_ => random.NextInt32(2))] });
        var scores = ResidueTask.Classify(_model, data with { Classes = ["0", "1"] }, new TaskOptions());
        Assert.InRange(scores.Estimate("accuracy", new Bootstrap(50)).Value, 0.42, 0.58);
    }

    [Fact]
    public void Should_learn_of_whole_proteins_how_much_of_a_residue_they_have()
    {
        static double Share(string s) => s.Count(c => c == 'W') / (double)s.Length;
        var values = Data(200, e => e with { Value = Share(e.Sequence) });
        Assert.InRange(ProteinTask.Run(_model, values, new TaskOptions()).Estimate("Spearman", new Bootstrap(50)).Value, 0.7, 1);
        var classes = Data(200, e => e with { Class = Share(e.Sequence) > 0.05 ? 1 : 0 }) with { Classes = ["few", "many"] };
        Assert.InRange(ProteinTask.Run(_model, classes, new TaskOptions()).Estimate("accuracy", new Bootstrap(50)).Value, 0.75, 1);
        var terms = Data(200, e => e with { Terms = [Share(e.Sequence) > 0.05, Share(e.Sequence) <= 0.05] }) with { Classes = ["a", "b"] };
        Assert.InRange(ProteinTask.Run(_model, terms, new TaskOptions()).Estimate("Fmax", new Bootstrap(50)).Value, 0.75, 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_learn_contacts_of_proteins_of_one_shape(bool supervised)
    {
        // Tryptophans all touch each other, and nothing else does.
        var data = Data(12, e =>
        {
            var places = Enumerable.Range(0, e.Sequence.Length).Select(i => e.Sequence[i] == 'W' ? i / 1000f : 20f * (i + 1)).ToArray();
            return e with { Contacts = new ContactMap(places, new float[places.Length], new float[places.Length]) };
        });
        var scores = supervised
            ? ContactTask.Supervised(_model, data, new TaskOptions { Probe = new ProbeOptions { Epochs = 30 } }, ContactConvention.Tape)
            : ContactTask.Unsupervised(_model, data, new TaskOptions(), ContactConvention.Tape);
        var chance = data.Of(Part.Test).Average(i =>
        {
            var map = data.Examples[i].Contacts!;
            var (pairs, contacts) = (0, 0);
            for (var a = 0; a < map.Length; a++)
            {
                for (var b = a + 6; b < map.Length; b++)
                {
                    (pairs, contacts) = (pairs + 1, contacts + (map.IsContact(a, b) ? 1 : 0));
                }
            }

            return (double)contacts / pairs;
        });
        var found = scores.Estimate("all P@L/5", new Bootstrap(50));
        Assert.InRange(found.Value, supervised ? Math.Max(0.2, 10 * chance) : chance, 1);
        Assert.Equal(9, ContactTask.Unsupervised(_model, data, new TaskOptions()).Metrics.Count);
    }

    [Fact]
    public void Should_learn_binding_sites_and_run_over_folds()
    {
        var data = Data(60, e => e with
        {
            ResidueSites = [.. e.Sequence.Select(c => (bool[])[c is 'C' or 'H', c is 'K' or 'R', c is 'W'])],
        }) with
        { Classes = BindingTask.Kinds };
        var options = new TaskOptions { Probe = new ProbeOptions { Epochs = 60 } };
        int[][] folds = [.. Enumerable.Range(0, 3).Select(k => Enumerable.Range(0, 60).Where(i => i % 3 == k).ToArray())];
        var scores = BindingTask.Run(_model, data, folds, options);
        Assert.Equal(60, scores.Proteins.Distinct().Count());
        Assert.InRange(scores.Estimate("F1", new Bootstrap(50)).Value, 0.8, 1);
    }

    [Fact]
    public void Should_fine_tune_to_changes_that_follow_from_the_new_residue()
    {
        var random = new CounterRandom(4);
        var data = Data(30, e =>
        {
            var mutations = Enumerable.Range(0, 40).Select(_ =>
            {
                var (position, to) = (random.NextInt32(e.Sequence.Length), AminoAcids.Letters[random.NextInt32(20)]);
                return new MeasuredMutation($"{e.Sequence[position]}{position + 1}{to}", [(position, to)], AminoAcids.Index(to) / 5.0 - 2);
            }).ToList();
            return e with { Mutations = mutations };
        });
        var scores = MutationTask.Run(_model, data, new TaskOptions { Probe = new ProbeOptions { Epochs = 20 } }, learningRate: 3e-3);
        Assert.InRange(scores.Estimate("Spearman", new Bootstrap(50)).Value, 0.9, 1);
        Assert.InRange(scores.Estimate("AUROC", new Bootstrap(50)).Value, 0.9, 1);
    }

    [Fact]
    public void Should_keep_features_by_the_contents_of_model_and_data()
    {
        var cache = new FeatureOptions { CacheFolder = Path.Combine(_folder, "cache"), TokensPerBatch = 30 };
        using var first = ProteinFeatures.Of(_model, ["MKTAYIAK", "GGHWWC", "M"], cache);
        var file = Assert.Single(Directory.GetFiles(cache.CacheFolder!));
        var written = File.GetLastWriteTimeUtc(file);
        using var again = ProteinFeatures.Of(_model, ["MKTAYIAK", "GGHWWC", "M"], cache);
        using var apart = ProteinFeatures.Of(_model, ["GGHWWC"]);
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        using var kept = again.Of(1);
        using var alone = apart.Of(0);
        Assert.Equal([6L, 32], kept.shape);
        Assert.True(torch.allclose(kept, alone, 1e-4, 1e-5));
        using var other = ProteinFeatures.Of(_model, ["MKTAYIAK"], cache);
        Assert.Equal(2, Directory.GetFiles(cache.CacheFolder!).Length);
    }

    [Fact]
    public void Should_compare_models_on_the_same_draws()
    {
        ScoredMetric Metric(double add) => new("m", Bootstrap.MeanOf([.. Enumerable.Range(0, 50).Select(i => (i * 37 % 50) + add)]));
        var names = Enumerable.Range(0, 50).Select(i => $"p{i}").ToArray();
        var (a, b) = (new ModelScores("a", names, [Metric(0)], []), new ModelScores("b", names, [Metric(1)], []));
        var table = EvaluationTable.Of("t", [a, b], new Bootstrap(200));
        Assert.Equal((1, 1, 1), (table.Differences[0].Estimate.Low, table.Differences[0].Estimate.Value, table.Differences[0].Estimate.High));
        Assert.True(table.Rows[0].Estimate.High > table.Rows[1].Estimate.Low);
    }

    private static DataSet Data(int count, Func<Example, Example> labelled) => new([.. Enumerable.Range(0, count).Select(i =>
    {
        var random = new CounterRandom(17, (ulong)i);
        var length = 40 + random.NextInt32(30);
        var favour = random.NextInt32(3);
        var sequence = string.Concat(Enumerable.Range(0, length).Select(_ =>
            random.NextInt32(12) < favour ? 'W' : AminoAcids.Letters[random.NextInt32(20)]));
        return labelled(new Example { Id = $"p{i}", Sequence = sequence, Part = i % 5 == 0 ? Part.Test : i % 5 == 1 ? Part.Validation : Part.Train });
    })], []);
}
