using System.Globalization;
using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Metrics;

namespace Ism.Evaluation.Tasks;

/// <summary>
/// Residues that bind metal ions, nucleic acids or small molecules, by the head and protocol of bindEmbed21: five folds, each the test once
/// and validation once; a residue is predicted at a probability of 0.5; F1 of each protein, averaged.
/// </summary>
public static class BindingTask
{
    /// <summary>Names of the kinds, in the order of the head.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["metal", "nucleic", "small"];

    private const float CutOff = 0.5f;

    /// <summary>
    /// Reads sequences and, for each kind, a table of id, a tab, and 1-based positions separated by commas, as bindEmbed21 has them.
    /// </summary>
    /// <param name="files">Sequence files with their part, or null.</param>
    /// <param name="sites">The tables by kind; null where a kind has none.</param>
    /// <exception cref="DataFileException">A line is malformed, or a position is beyond its sequence.</exception>
    public static DataSet Load(IEnumerable<(string File, Part? Part)> files, IReadOnlyList<string?> sites)
    {
        var tables = sites.Select(file => file is null ? [] : Sites(file)).ToArray();
        var examples = new List<Example>();
        foreach (var (file, part) in files)
        {
            foreach (var record in DataFile.Read(file))
            {
                var (id, sequence) = (record.Require("id"), Sequences.Checked(record, record.Require("sequence", "seq")));
                var marks = sequence.Select(_ => new bool[Kinds.Count]).ToArray();
                for (var kind = 0; kind < tables.Length; kind++)
                {
                    foreach (var position in tables[kind].GetValueOrDefault(id) ?? [])
                    {
                        marks[position <= sequence.Length ? position - 1 : throw record.Wrong(
                            $"{sites[kind]} has position {position} of '{id}', which has {sequence.Length} residues")][kind] = true;
                    }
                }

                examples.Add(new Example { Id = id, Sequence = sequence, Part = part ?? Parts.Of(record), ResidueSites = marks });
            }
        }

        return new DataSet(examples, Kinds);
    }

    /// <summary>Folds of ids, one file each with an id a line, as indices of examples; ids without a sequence are left out.</summary>
    /// <exception cref="DataFileException">A file has none of the ids.</exception>
    public static int[][] Folds(IEnumerable<string> files, DataSet data)
    {
        var indexOf = data.Examples.Select((e, i) => (e.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i);
        return [.. files.Select(file =>
        {
            int[] fold = [.. DataFile.Lines(file).Select(line => line.Text.Trim()).Where(indexOf.ContainsKey).Select(id => indexOf[id])];
            return fold.Length > 0 ? fold : throw new DataFileException(file, 0, "none of its ids has a sequence");
        })];
    }

    /// <summary>Runs it over folds, or on the parts that the data name where there are none.</summary>
    /// <exception cref="InvalidDataException">There are fewer than three folds, or a part is missing.</exception>
    public static ModelScores Run(
        EvaluatedModel model, DataSet data, int[][] folds, TaskOptions options, CancellationToken cancel = default)
    {
        if (folds.Length is 1 or 2)
        {
            throw new InvalidDataException($"{folds.Length} folds: three or more are needed, or none and parts instead");
        }

        if (folds.Length == 0)
        {
            FeatureRows.RequireParts(data);
        }

        using var features = ProteinFeatures.Of(model, [.. data.Examples.Select(e => e.Sequence)], options.Features,
            done => options.Progress?.Invoke($"features of {model.Name}", done, data.Examples.Count), cancel);
        (int[] Train, int[] Validation, int[] Test)[] rounds = folds.Length == 0
            ? [(data.Of(Part.Train), data.Of(Part.Validation), data.Of(Part.Test))]
            : [.. folds.Select((fold, k) => (
                folds.Where((_, other) => other != k && other != (k + 1) % folds.Length).SelectMany(f => f).ToArray(),
                folds[(k + 1) % folds.Length], fold))];
        var (tested, any, byKind) = (new List<int>(), new List<double>(), Kinds.Select(_ => new List<double>()).ToArray());
        foreach (var (train, validation, test) in rounds)
        {
            using var head = BindingHead.Fit(features, data, train, validation, options, cancel);
            foreach (var index in test)
            {
                using var own = features.Of(index);
                var predicted = head.Predict(own);
                var truth = data.Examples[index].ResidueSites!;
                tested.Add(index);
                any.Add(F1(truth.Length, i => truth[i].Contains(true),
                    i => predicted.AsSpan(i * Kinds.Count, Kinds.Count).ContainsAnyInRange(CutOff, float.MaxValue)));
                for (var kind = 0; kind < Kinds.Count; kind++)
                {
                    byKind[kind].Add(F1(truth.Length, i => truth[i][kind], i => predicted[(i * Kinds.Count) + kind] >= CutOff));
                }
            }
        }

        return new ModelScores(model.Name, [.. tested.Select(i => data.Examples[i].Id)],
            [
                new("F1", Bootstrap.MeanOf([.. any])),
                .. Kinds.Select((kind, k) => new ScoredMetric($"F1 {kind}", Bootstrap.MeanOf([.. byKind[k]]))),
            ],
            [
                new("binding residues", [.. tested.Select(i => (double)data.Examples[i].ResidueSites!.Count(s => s.Contains(true)))]),
                new("F1", [.. any]), .. Kinds.Select((kind, k) => new ProteinColumn($"F1 {kind}", [.. byKind[k]])),
            ]);
    }

    // NaN for a protein that has no such residue: there is nothing to find.
    private static double F1(int length, Func<int, bool> truth, Func<int, bool> predicted)
    {
        var (tp, fp, fn) = (0, 0, 0);
        for (var i = 0; i < length; i++)
        {
            var (t, p) = (truth(i), predicted(i));
            (tp, fp, fn) = (tp + (t && p ? 1 : 0), fp + (!t && p ? 1 : 0), fn + (t && !p ? 1 : 0));
        }

        return tp + fn == 0 ? double.NaN : BinaryMetrics.F1(tp, fp, fn);
    }

    private static Dictionary<string, int[]> Sites(string file)
    {
        var table = new Dictionary<string, int[]>();
        foreach (var (number, text) in DataFile.Lines(file))
        {
            if (text.Trim().Length == 0)
            {
                continue;
            }

            var cells = text.Split('\t');
            table[cells[0].Trim()] = cells.Length < 2
                ? throw new DataFileException(file, number, "an id, a tab and positions separated by commas are needed")
                : [.. cells[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(word =>
                    int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position >= 1 ? position
                        : throw new DataFileException(file, number, $"'{word}' is no position; they count from 1"))];
        }

        return table;
    }
}
