using System.Globalization;
using System.Text.Json;
using Ism.Corpus;
using Ism.Evaluation.Labels;
using Ism.Structures;

namespace Ism.Evaluation.Data;

/// <summary>What is known of each residue.</summary>
public enum ResidueLabel
{
    /// <summary>Secondary structure in three states.</summary>
    ThreeStates,

    /// <summary>Secondary structure in eight states.</summary>
    EightStates,

    /// <summary>Relative solvent exposure.</summary>
    Exposure,

    /// <summary>Contacts of C-betas.</summary>
    Contacts,

    /// <summary>Structure tokens.</summary>
    Tokens,
}

/// <summary>
/// Examples of tasks by residue. From structures labels are worked out; data files hold them: <c>ss8</c> or <c>ss3</c> (letters), <c>rsa</c>
/// (numbers, a JSON array or separated by blanks), <c>tokens</c> (whole numbers alike), or FLIP's two FASTA files, sequences and labels;
/// token files (.arrow) hold tokens.
/// </summary>
public static class ResidueData
{
    /// <summary>Reads sources: data files by their endings (<see cref="DataFile"/>), token files (.arrow), everything else as structures.
    /// </summary>
    /// <param name="sources">Files, folders, archives, lists.</param>
    /// <param name="label">What is needed of each residue.</param>
    /// <param name="part">The part of all of them, or null: what each record says.</param>
    /// <param name="labelsFile">FASTA whose sequences are the labels of the records with the same id, or null.</param>
    /// <param name="note">Told what was left out.</param>
    /// <exception cref="DataFileException">A file cannot be used, or a record's labels do not fit its sequence.</exception>
    /// <exception cref="StructureSourceException">Structures cannot be listed.</exception>
    public static List<Example> Read(
        IEnumerable<string> sources, ResidueLabel label, Part? part, string? labelsFile = null, Action<string>? note = null)
    {
        var beside = labelsFile is null ? null : DataFile.Read(labelsFile).ToDictionary(record => record.Require("id"));
        var examples = new List<Example>();
        foreach (var source in sources)
        {
            if (source.EndsWith(".arrow", StringComparison.OrdinalIgnoreCase))
            {
                examples.AddRange(FromTokens(source, label, part));
            }
            else if (DataFile.IsKnown(source) || !Path.Exists(source) || IsPickle(source))
            {
                examples.AddRange(DataFile.Read(source).Select(record => FromRecord(record, label, part, beside)));
            }
            else
            {
                examples.AddRange(FromStructures(source, label, part, note));
            }
        }

        return examples;
    }

    /// <summary>Names of a label's classes; of tokens as many as occur.</summary>
    public static IReadOnlyList<string> ClassNames(ResidueLabel label, IReadOnlyList<Example> examples) => label switch
    {
        ResidueLabel.ThreeStates => [.. SecondaryStructure.ThreeStates.Select(c => c.ToString())],
        ResidueLabel.EightStates => [.. SecondaryStructure.EightStates.Select(c => c.ToString())],
        ResidueLabel.Tokens => [.. Enumerable.Range(0, 1 + examples.Max(e => e.ResidueClasses!.DefaultIfEmpty(0).Max()))
            .Select(t => t.ToString(CultureInfo.InvariantCulture))],
        _ => [],
    };

    /// <summary>The example of a labelled chain.</summary>
    public static Example Of(ChainLabels chain, ResidueLabel label, Part? part) => new()
    {
        Id = chain.Name,
        Sequence = chain.Sequence,
        Part = part,
        ResidueClasses = label switch
        {
            ResidueLabel.ThreeStates => Classes(chain.States3, SecondaryStructure.ThreeStates),
            ResidueLabel.EightStates => Classes(chain.States8, SecondaryStructure.EightStates),
            _ => null,
        },
        ResidueValues = label == ResidueLabel.Exposure ? chain.RelativeExposure : null,
        Contacts = label == ResidueLabel.Contacts ? chain.Contacts : null,
    };

    private static bool IsPickle(string source) =>
        Path.GetExtension(source.TrimEnd('/')).ToLowerInvariant() is ".lmdb" or ".mdb" or ".pkl" or ".pickle" or ".pt" or ".npz";

    private static IEnumerable<Example> FromStructures(string source, ResidueLabel label, Part? part, Action<string>? note)
    {
        if (label == ResidueLabel.Tokens)
        {
            throw new DataFileException(source, 0, "structure tokens come from token files: make one with `ism tokenize`");
        }

        return ChainLabels.Read([source], refused: refusal => note?.Invoke(refusal.Message)).Select(chain => Of(chain, label, part));
    }

    private static IEnumerable<Example> FromTokens(string source, ResidueLabel label, Part? part)
    {
        if (label != ResidueLabel.Tokens)
        {
            throw new DataFileException(source, 0, "is a token file; this task needs structures or files with its own labels");
        }

        using var file = TokenFile.Open(source);
        for (var row = 0; row < file.RowCount; row++)
        {
            var tokens = file.Row(row);
            yield return new Example
            {
                Id = tokens.Chain.Length > 0 ? $"{tokens.Name}_{tokens.Chain}" : tokens.Name,
                Sequence = tokens.Sequence,
                Part = part,
                ResidueClasses = Array.ConvertAll(tokens.Tokens[0], t => t == TokenRow.NoToken ? -1 : t),
            };
        }
    }

    private static Example FromRecord(
        DataRecord record, ResidueLabel label, Part? part, Dictionary<string, DataRecord>? beside)
    {
        var id = record.Require("id", "name", "pdb_id", "protein");
        var sequence = Sequences.Checked(record, record.Require("sequence", "seq", "primary", "input"));
        var from = beside is null ? record
            : beside.GetValueOrDefault(id) ?? throw record.Wrong($"'{id}' has no labels in the file of labels");
        var example = new Example { Id = id, Sequence = sequence, Part = part ?? Parts.Of(record) ?? Parts.Of(from) };
        string Text(params ReadOnlySpan<string> names) => beside is null ? from.Require(names) : from.Require("sequence");
        return label switch
        {
            ResidueLabel.ThreeStates => example with
            {
                ResidueClasses = Fitting(record, sequence, States(from, Text("ss3", "ss8", "labels", "label"), three: true)),
            },
            ResidueLabel.EightStates => example with
            {
                ResidueClasses = Fitting(record, sequence, States(from, Text("ss8", "labels", "label"), three: false)),
            },
            ResidueLabel.Exposure => example with
            {
                ResidueValues = Fitting(record, sequence, Numbers(from, Text("rsa", "exposure", "values"))),
            },
            ResidueLabel.Tokens => example with
            {
                ResidueClasses = Fitting(record, sequence, Array.ConvertAll(
                    Numbers(from, Text("tokens", "structure_tokens")), v => float.IsNaN(v) ? -1 : checked((int)v))),
            },
            _ => throw record.Wrong("contacts need structures: give a folder, an archive or files of structures"),
        };
    }

    private static T[] Fitting<T>(DataRecord record, string sequence, T[] labels) => labels.Length == sequence.Length
        ? labels
        : throw record.Wrong($"{labels.Length} labels for {sequence.Length} residues");

    private static int[] States(DataRecord record, string text, bool three)
    {
        var states = three ? string.Concat(text.Select(c => c is 'C' or 'L' ? 'C' : SecondaryStructure.ToThree(c))) : text;
        var known = three ? SecondaryStructure.ThreeStates : SecondaryStructure.EightStates;
        var wrong = text.FirstOrDefault(c => !"HBEGITSPCL-?X*_.".Contains(c));
        return wrong == default
            ? Classes(states.Select((c, i) => "?X*_.".Contains(text[i]) ? '?' : c is 'C' or 'L' or 'P' && !three ? '-' : c), known)
            : throw record.Wrong($"'{wrong}' is no state of secondary structure; those of DSSP are HBEGITS and - (or C, L)");
    }

    private static int[] Classes(IEnumerable<char> states, string known) => [.. states.Select(c => known.IndexOf(c, StringComparison.Ordinal))];

    private static float[] Numbers(DataRecord record, string text)
    {
        try
        {
            if (text.StartsWith('['))
            {
                return [.. JsonSerializer.Deserialize<float?[]>(text)!.Select(v => v ?? float.NaN)];
            }

            return [.. text.Split((char[])[' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.ToLowerInvariant() is "nan" or "-" ? float.NaN : float.Parse(word, CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw record.Wrong($"numbers are needed, one a residue: {e.Message}");
        }
    }
}
