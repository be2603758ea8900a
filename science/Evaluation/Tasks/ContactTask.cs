using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Labels;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Probes;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Evaluation.Tasks;

/// <summary>Which pairs and precisions are reported.</summary>
public enum ContactConvention
{
    /// <summary>Short, medium and long range at L, L/2 and L/5.</summary>
    Esm,

    /// <summary>All pairs 6 and more apart at L/5, as TAPE and PEER; not comparable with the other.</summary>
    Tape,
}

/// <summary>Contact prediction by C-beta distance below 8 Å, precision of the best pairs.</summary>
public static class ContactTask
{
    /// <summary>Proteins that the unsupervised regression is fitted on at most, as in ESM.</summary>
    public const int MostRegressed = 20;

    private const int ShortestSeparation = 6;

    // Longer ones make no better regression and their maps need much memory.
    private const int LongestRegressed = 512;

    /// <summary>
    /// Unsupervised: a sparse logistic regression on the attention maps of all layers and heads, fitted on at most 20 training proteins.
    /// </summary>
    /// <exception cref="InvalidDataException">A part is missing, or the training proteins have no contact.</exception>
    public static ModelScores Unsupervised(
        EvaluatedModel model, DataSet data, TaskOptions options, ContactConvention convention = ContactConvention.Esm,
        CancellationToken cancel = default)
    {
        FeatureRows.RequireParts(data);
        var weights = Regress(model, data, options, cancel);
        return Score(model, data, convention, (_, example) => AttentionFeatures.Scores(model.Model, example.Sequence, weights),
            options, cancel);
    }

    /// <summary>Supervised: a shallow head over pairs of frozen features (<see cref="PairHead"/>), trained on all training proteins.
    /// </summary>
    /// <exception cref="InvalidDataException">A part is missing, or the training proteins have no contact.</exception>
    public static ModelScores Supervised(
        EvaluatedModel model, DataSet data, TaskOptions options, ContactConvention convention = ContactConvention.Esm,
        CancellationToken cancel = default)
    {
        using var scope = torch.NewDisposeScope();
        using var features = ResidueTask.FeaturesOf(model, data, options, cancel);
        using var head = PairHead.Fit(features, data, options, cancel);
        return Score(model, data, convention, (index, _) => head.Scores(features.Of(index)), options, cancel);
    }

    /// <summary>Pairs of valid residues at least six apart as i * L + j, i before j.</summary>
    internal static long[] Pairs(ContactMap map)
    {
        var pairs = new List<long>();
        for (var i = 0; i < map.Length; i++)
        {
            for (var j = i + ShortestSeparation; j < map.Length && map.IsValid(i); j++)
            {
                if (map.IsValid(j))
                {
                    pairs.Add(((long)i * map.Length) + j);
                }
            }
        }

        return [.. pairs];
    }

    private static double[] Regress(EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel)
    {
        using var scope = torch.NewDisposeScope();
        var train = data.Of(Part.Train);
        new CounterRandom(options.Probe.Seed, 0x636F_6E74UL).Shuffle<int>(train);
        var chosen = train.OrderBy(i => data.Examples[i].Sequence.Length > LongestRegressed).Take(MostRegressed).ToArray();
        var (rows, truth) = (new List<torch.Tensor>(), new List<float>());
        for (var n = 0; n < chosen.Length; n++)
        {
            cancel.ThrowIfCancellationRequested();
            options.Progress?.Invoke($"attention of {model.Name}", n, chosen.Length);
            var example = data.Examples[chosen[n]];
            var map = example.Contacts!;
            var pairs = Pairs(map);
            if (pairs.Length > 0)
            {
                rows.Add(AttentionFeatures.OfPairs(model.Model, example.Sequence, pairs));
                truth.AddRange(pairs.Select(p => map.IsContact((int)(p / map.Length), (int)(p % map.Length)) ? 1f : 0f));
            }
        }

        return truth.Contains(1)
            ? SparseLogisticRegression.Fit(torch.cat(rows, 0), torch.tensor(truth.ToArray())).Weights
            : throw new InvalidDataException("the training proteins have no contact between residues six or more apart");
    }

    private static ModelScores Score(
        EvaluatedModel model, DataSet data, ContactConvention convention, Func<int, Example, float[]> scores, TaskOptions options,
        CancellationToken cancel)
    {
        (ContactRange Range, int Divisor)[] wanted = convention == ContactConvention.Tape ? [(ContactRange.All, 5)]
            : [.. from range in (ContactRange[])[ContactRange.Long, ContactRange.Medium, ContactRange.Short]
                from divisor in (int[])[1, 2, 5]
                select (range, divisor)];
        var test = data.Of(Part.Test);
        var values = wanted.Select(_ => new double[test.Length]).ToArray();
        for (var t = 0; t < test.Length; t++)
        {
            cancel.ThrowIfCancellationRequested();
            options.Progress?.Invoke($"contacts of {model.Name}", t, test.Length);
            using var scope = torch.NewDisposeScope();
            var example = data.Examples[test[t]];
            var own = scores(test[t], example);
            for (var m = 0; m < wanted.Length; m++)
            {
                values[m][t] = ContactPrecision.At(own, example.Contacts!, wanted[m].Range, wanted[m].Divisor);
            }
        }

        var names = Array.ConvertAll(wanted, w => $"{w.Range.Name} P@L{(w.Divisor == 1 ? "" : $"/{w.Divisor}")}");
        return new ModelScores(model.Name, [.. test.Select(i => data.Examples[i].Id)],
            [.. names.Select((name, m) => new ScoredMetric(name, Bootstrap.MeanOf(values[m])))],
            [
                new("valid residues", [.. test.Select(i => (double)data.Examples[i].Contacts!.ValidCount)]),
                .. names.Select((name, m) => new ProteinColumn(name, values[m])),
            ]);
    }
}
