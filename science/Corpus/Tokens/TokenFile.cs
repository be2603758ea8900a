using System.Text;
using System.Text.Json;
using Apache.Arrow;

namespace Ism.Corpus;

/// <summary>
/// A token file in memory: rows are protein chains, ordered by position; per-residue values are spans into the file's columns.
/// Checked on opening: complete, undamaged (its content's hash is in its metadata), and every position of the chunk is accounted
/// for. Safe for concurrent readers.
/// </summary>
public sealed class TokenFile : IDisposable
{
    private readonly RecordBatch _batch;
    private readonly TokenColumns _columns;
    private readonly int[] _firstRow;

    private TokenFile(RecordBatch batch, TokenColumns columns, TokenFileHeader header, List<QuarantinedStructure> quarantine)
    {
        _batch = batch;
        _columns = columns;
        Header = header;
        Quarantine = quarantine;
        _firstRow = new int[header.Positions.Count + 1];
        for (var row = 0; row < columns.Count; row++)
        {
            _firstRow[columns.Positions[row] - header.Positions.First + 1]++;
        }

        for (var index = 0; index < header.Positions.Count; index++)
        {
            _firstRow[index + 1] += _firstRow[index];
        }
    }

    /// <summary>What the file belongs to.</summary>
    public TokenFileHeader Header { get; }

    /// <summary>The positions that could not be used, ascending.</summary>
    public IReadOnlyList<QuarantinedStructure> Quarantine { get; }

    /// <summary>Number of protein chains.</summary>
    public int RowCount => _columns.Count;

    /// <summary>Where the token file of a chunk lies: <c>tokens/chunk-000123.arrow</c>.</summary>
    public static string PathOf(string tokensFolder, int chunk) => Path.Combine(tokensFolder, $"chunk-{chunk:D6}.arrow");

    /// <summary>Reads and checks a token file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is cut short, damaged or no token file; the message names it.</exception>
    public static TokenFile Open(string path)
    {
        var (schema, batches) = ArrowFormat.Read(path);
        try
        {
            var (header, quarantine, hash) = TokenFileSchema.Parse(schema);
            if (batches.Count != 1)
            {
                throw new InvalidDataException($"holds {batches.Count} record batches, expected 1");
            }

            var columns = new TokenColumns([.. batches[0].Arrays], header.Teachers.Count, header.FeatureWidth);
            columns.CheckLengths();
            if (columns.Hash() is var found && found != hash)
            {
                throw new InvalidDataException($"content has SHA-256 {found}, but its metadata says {hash}");
            }

            CheckAscending(columns.Positions);
            TokenFileAccounting.Check(header.Positions, columns.Positions.ToArray(), quarantine.Select(entry => entry.Position));
            return new TokenFile(batches[0], columns, header, quarantine);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException or JsonException or InvalidCastException
            or IndexOutOfRangeException or OverflowException)
        {
            batches.ForEach(batch => batch.Dispose());
            throw new InvalidDataException(
                $"{path} is not a sound token file: {error.Message}; delete it so that it is made again", error);
        }
    }

    /// <summary>The rows of a position: empty for a quarantined one.</summary>
    public Range RowsOf(long position)
    {
        if (!Header.Positions.Contains(position))
        {
            throw new ArgumentOutOfRangeException(nameof(position), position,
                $"chunk {Header.Chunk} holds positions {Header.Positions.First} to {Header.Positions.End - 1}");
        }

        var index = position - Header.Positions.First;
        return _firstRow[index].._firstRow[index + 1];
    }

    /// <summary>Number of chains of a position; 0 for a quarantined one.</summary>
    public int ChainCountOf(long position) => RowsOf(position) is var rows ? rows.End.Value - rows.Start.Value : 0;

    /// <summary>The position of a row.</summary>
    public long Position(int row) => _columns.Positions[row];

    /// <summary>The structure's name.</summary>
    public string Name(int row) => _columns.Name(row);

    /// <summary>The chain's name.</summary>
    public string Chain(int row) => _columns.Chain(row);

    /// <summary>What was decided while reading.</summary>
    public string Notes(int row) => _columns.Notes(row);

    /// <summary>Number of residues.</summary>
    public int Length(int row) => _columns.Sequence(row).Length;

    /// <summary>One ASCII letter a residue.</summary>
    public ReadOnlySpan<byte> Sequence(int row) => _columns.Sequence(row);

    /// <summary>One token a residue; <see cref="TokenRow.NoToken"/> where there is none.</summary>
    public ReadOnlySpan<ushort> Tokens(int teacher, int row) => _columns.Tokens(teacher, row);

    /// <summary>The encoder's embeddings, residues x <see cref="TokenFileHeader.FeatureWidth"/> row by row; empty in a file without.</summary>
    public ReadOnlySpan<Half> Features(int row) => _columns.Features(row);

    /// <summary>Whether the chain's pLDDT is known.</summary>
    public bool HasPlddt(int row) => _columns.HasPlddt(row);

    /// <summary>pLDDT per residue; empty when unknown.</summary>
    public ReadOnlySpan<byte> Plddt(int row) => _columns.Plddt(row);

    /// <summary>A row as an object of its own.</summary>
    public TokenRow Row(int row) => new()
    {
        Position = Position(row),
        Name = Name(row),
        Chain = Chain(row),
        Sequence = Encoding.ASCII.GetString(Sequence(row)),
        Tokens = [.. Enumerable.Range(0, Header.Teachers.Count).Select(teacher => Tokens(teacher, row).ToArray())],
        Features = Features(row).ToArray(),
        Plddt = HasPlddt(row) ? Plddt(row).ToArray() : null,
        Notes = Notes(row),
    };

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    private static void CheckAscending(ReadOnlySpan<long> positions)
    {
        for (var row = 1; row < positions.Length; row++)
        {
            if (positions[row] < positions[row - 1])
            {
                throw new InvalidDataException($"position {positions[row]} of row {row} follows {positions[row - 1]}");
            }
        }
    }
}
