using System.Globalization;
using Ism.Corpus;

namespace Ism.Evaluation.Mutations;

/// <summary>A line of a list of mutations.</summary>
/// <param name="Line">Number in the file.</param>
/// <param name="Fields">The fields as they stand there.</param>
/// <param name="Structure">Name of the structure.</param>
/// <param name="Chain">Name of the chain; null where the list has none.</param>
/// <param name="Sequence">Wild type's sequence, in which places are counted; null: the chain's own.</param>
/// <param name="Mutations">One or several at once.</param>
/// <param name="Measured">The measured value; null where there is none.</param>
public sealed record MutationLine(
    int Line, IReadOnlyList<string> Fields, string Structure, string? Chain, string? Sequence, IReadOnlyList<Mutation> Mutations,
    double? Measured);

/// <summary>A CSV or TSV of mutations as their users hold them: <c>pdb_id,wt_seq,mut_info,ddg</c>, or <c>file,chain,mutation</c>.</summary>
/// <param name="Header">Names of the columns.</param>
/// <param name="Lines">The lines in their order.</param>
public sealed record MutationList(IReadOnlyList<string> Header, IReadOnlyList<MutationLine> Lines)
{
    /// <summary>Reads a list; the extension .tsv says that tabs separate.</summary>
    /// <exception cref="InvalidDataException">A column is missing or a line cannot be read; names file and line.</exception>
    public static MutationList Read(string path)
    {
        var separator = path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : ',';
        using var reader = new StreamReader(path);
        using var rows = DelimitedText.Rows(
            DelimitedText.Lines(reader), separator, (line, what) => new InvalidDataException($"{path}:{line}: {what}")).GetEnumerator();
        var header = rows.MoveNext() ? rows.Current.Cells : [""];
        var structure = Column("pdb_id", "file", "structure", "name");
        var mutation = Column("mut_info", "mutation", "mutations");
        var (chain, sequence, measured) = (Column("chain"), Column("wt_seq", "sequence"), Column("ddg"));
        if (structure < 0 || mutation < 0)
        {
            throw new InvalidDataException(
                $"{path}: the first line must name a column 'pdb_id' or 'file' and a column 'mut_info' or 'mutation'; it is "
                + $"'{string.Join(separator, header)}'");
        }

        var lines = new List<MutationLine>();
        while (rows.MoveNext())
        {
            lines.Add(Line(rows.Current.Cells, rows.Current.Line));
        }

        return new MutationList(header, lines);

        int Column(params string[] names) =>
            Array.FindIndex(header, field => names.Contains(field.Trim(), StringComparer.OrdinalIgnoreCase));

        MutationLine Line(string[] fields, int number)
        {
            try
            {
                string? At(int column) => column < 0 || fields[column].Trim().Length == 0 ? null : fields[column].Trim();
                return fields.Length == header.Length
                    ? new MutationLine(
                        number, fields, At(structure) ?? throw new FormatException("it names no structure"), At(chain),
                        At(sequence)?.ToUpperInvariant(), Mutation.Parse(At(mutation) ?? ""),
                        At(measured) is { } value ? double.Parse(value, CultureInfo.InvariantCulture) : null)
                    : throw new FormatException($"{fields.Length} fields where the header names {header.Length}");
            }
            catch (FormatException e)
            {
                throw new InvalidDataException($"{path}:{number}: {e.Message}", e);
            }
        }
    }
}
