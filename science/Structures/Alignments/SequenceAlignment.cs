namespace Ism.Structures.Alignments;

/// <summary>
/// Sequences aligned to a query, which is the first of them. A column is a residue of the query; what others have inserted between two of them is
/// gone. Immutable by convention.
/// </summary>
public sealed class SequenceAlignment
{
    /// <summary>Stands for a gap in <see cref="Row"/>.</summary>
    public const byte Gap = 21;

    private readonly byte[][] _rows;

    /// <param name="rows">For each sequence, the query first, one code a column: 0 to 19 as in <see cref="AminoAcids.Letters"/>,
    /// <see cref="AminoAcids.Unknown"/> or <see cref="Gap"/>.</param>
    /// <param name="read">Sequences that the file had; 0: as many as rows.</param>
    /// <exception cref="ArgumentException">No sequence, one of another length, or another code.</exception>
    public SequenceAlignment(IReadOnlyList<byte[]> rows, int read = 0)
    {
        if (rows.Count == 0 || rows[0].Length == 0)
        {
            throw new ArgumentException("an alignment needs a query with residues", nameof(rows));
        }

        foreach (var row in rows)
        {
            if (row.Length != rows[0].Length || row.AsSpan().ContainsAnyExceptInRange((byte)0, Gap))
            {
                throw new ArgumentException(
                    $"every sequence needs {rows[0].Length} codes from 0 to {Gap}, one has {row.Length} or another code", nameof(rows));
            }
        }

        _rows = [.. rows];
        Read = read > 0 ? read : rows.Count;
        Query = string.Create(rows[0].Length, rows[0], (letters, codes) =>
        {
            for (var i = 0; i < codes.Length; i++)
            {
                letters[i] = AminoAcids.Letter(codes[i]);
            }
        });
    }

    /// <summary>The query's residues, X for unknown ones.</summary>
    public string Query { get; }

    /// <summary>Residues of the query (L).</summary>
    public int Columns => Query.Length;

    /// <summary>Sequences, the query among them (N).</summary>
    public int Count => _rows.Length;

    /// <summary>Sequences that the file had before it was thinned out.</summary>
    public int Read { get; }

    /// <summary>The codes of a sequence, one a column.</summary>
    public ReadOnlySpan<byte> Row(int sequence) => _rows[sequence];
}
