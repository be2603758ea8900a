using System.Globalization;
using System.Text.Json;

namespace Ism.Evaluation.Data;

/// <summary>
/// Examples of tasks over whole proteins, single variants and binding sites, from data files (<see cref="DataFile"/>).
/// </summary>
public static class ProteinData
{
    private static readonly string[] Targets = ["target", "label", "labels", "value", "y", "score", "fitness"];

    /// <summary>A number each: field target (label, value, y, score, fitness).</summary>
    /// <exception cref="DataFileException">A file cannot be used.</exception>
    public static DataSet Regression(IEnumerable<(string File, Part? Part)> files) =>
        new([.. Records(files, (record, example) => example with { Value = record.RequireNumber(Targets) })], []);

    /// <summary>A class each: any text in field target; classes are those of all records, in ordinal order.</summary>
    /// <exception cref="DataFileException">A file cannot be used.</exception>
    public static DataSet Classification(IEnumerable<(string File, Part? Part)> files)
    {
        var names = new List<string>();
        var examples = Records(files, (record, example) =>
        {
            names.Add(record.Require(Targets));
            return example;
        }).ToList();
        string[] classes = [.. names.Distinct().Order(StringComparer.Ordinal)];
        return new([.. examples.Select((e, i) => e with { Class = Array.IndexOf(classes, names[i]) })], classes);
    }

    /// <summary>Any number of terms each: field target, a JSON array or words separated by blanks, commas or semicolons.</summary>
    /// <exception cref="DataFileException">A file cannot be used.</exception>
    public static DataSet MultiLabel(IEnumerable<(string File, Part? Part)> files)
    {
        var lists = new List<string[]>();
        var examples = Records(files, (record, example) =>
        {
            lists.Add(Words(record, record.Find(Targets) ?? ""));
            return example;
        }).ToList();
        string[] terms = [.. lists.SelectMany(list => list).Distinct().Order(StringComparer.Ordinal)];
        return new([.. examples.Select((e, i) => e with { Terms = Array.ConvertAll(terms, lists[i].Contains) })], terms);
    }

    /// <summary>
    /// Measured mutations, one a record: <c>pdb_id</c> (or id), <c>wt_seq</c> (or sequence), <c>mut_info</c> (or mutation), as "A12G",
    /// 1-based, several joined by ':' or ',', and <c>ddg</c> in kcal/mol. Records of one sequence are one example.
    /// </summary>
    /// <exception cref="DataFileException">A file cannot be used, or a mutation does not fit its sequence.</exception>
    public static DataSet Mutations(IEnumerable<(string File, Part? Part)> files)
    {
        var byProtein = new Dictionary<(string, Part?), (Example Example, List<MeasuredMutation> Mutations)>();
        foreach (var (file, part) in files)
        {
            foreach (var record in DataFile.Read(file))
            {
                var sequence = Sequences.Checked(record, record.Require("wt_seq", "sequence", "seq"));
                var own = part ?? Parts.Of(record);
                if (!byProtein.TryGetValue((sequence, own), out var entry))
                {
                    entry = (new Example { Id = record.Require("pdb_id", "id", "name"), Sequence = sequence, Part = own }, []);
                    byProtein.Add((sequence, own), entry);
                }

                entry.Mutations.Add(Mutation(record, sequence));
            }
        }

        return new([.. byProtein.Values.Select(entry => entry.Example with { Mutations = entry.Mutations })], []);
    }

    private static IEnumerable<Example> Records(
        IEnumerable<(string File, Part? Part)> files, Func<DataRecord, Example, Example> complete)
    {
        foreach (var (file, part) in files)
        {
            foreach (var record in DataFile.Read(file))
            {
                var sequence = Sequences.Checked(record, record.Require("sequence", "seq", "primary", "aa_seq"));
                var id = record.Find("id", "name", "protein", "accession") ?? $"line{record.Line.ToString(CultureInfo.InvariantCulture)}";
                yield return complete(record, new Example { Id = id, Sequence = sequence, Part = part ?? Parts.Of(record) });
            }
        }
    }

    private static string[] Words(DataRecord record, string text)
    {
        try
        {
            return text.StartsWith('[')
                ? [.. JsonSerializer.Deserialize<JsonElement[]>(text)!.Select(word => word.ToString())]
                : text.Split((char[])[' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (JsonException e)
        {
            throw record.Wrong($"the terms are no JSON array: {e.Message}");
        }
    }

    private static MeasuredMutation Mutation(DataRecord record, string sequence)
    {
        var text = record.Require("mut_info", "mutation", "mutations", "mutant");
        var changes = text.Split((char[])[':', ',', ';', ' '], StringSplitOptions.RemoveEmptyEntries).Select(word =>
        {
            if (word.Length < 3 || !int.TryParse(word[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
                || position < 1 || !Ism.Structures.AminoAcids.Letters.Contains(word[^1]))
            {
                throw record.Wrong($"'{word}' is no mutation; one is written A12G, its position counted from 1");
            }

            return position <= sequence.Length && sequence[position - 1] == word[0]
                ? (position - 1, word[^1])
                : throw record.Wrong($"'{word}' says {word[0]} at {position}, but the sequence of {sequence.Length} residues "
                    + $"{(position <= sequence.Length ? $"has {sequence[position - 1]} there" : "ends before")}");
        }).ToList();
        return new MeasuredMutation(text, changes, record.RequireNumber("ddg", "ddG", "target", "label"));
    }
}
