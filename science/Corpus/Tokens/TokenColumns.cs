using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Ism.Corpus;

/// <summary>The columns of a token file as spans: positions, texts, and per residue sequence, tokens and pLDDT.</summary>
internal sealed class TokenColumns
{
    private readonly Int64Array _position;
    private readonly StringArray _name;
    private readonly StringArray _chain;
    private readonly StringArray _sequence;
    private readonly ListArray[] _tokens;
    private readonly ListArray _plddt;
    private readonly StringArray _notes;
    private readonly ListArray? _features;

    /// <param name="columns">In the schema's order.</param>
    /// <param name="teachers">Token sequences.</param>
    /// <param name="featureWidth">Channels of a residue's features; 0: there is no such column.</param>
    public TokenColumns(IReadOnlyList<IArrowArray> columns, int teachers, int featureWidth)
    {
        FeatureWidth = featureWidth;
        _features = featureWidth > 0 ? (ListArray)columns[6 + teachers] : null;
        _position = (Int64Array)columns[0];
        _name = (StringArray)columns[1];
        _chain = (StringArray)columns[2];
        _sequence = (StringArray)columns[3];
        _tokens = [.. columns.Skip(4).Take(teachers).Cast<ListArray>()];
        _plddt = (ListArray)columns[4 + teachers];
        _notes = (StringArray)columns[5 + teachers];
    }

    public int Count => _position.Length;

    public ReadOnlySpan<long> Positions => _position.Values;

    public string Name(int row) => _name.GetString(row);

    public string Chain(int row) => _chain.GetString(row);

    public string Notes(int row) => _notes.GetString(row);

    public ReadOnlySpan<byte> Sequence(int row) => _sequence.GetBytes(row);

    public ReadOnlySpan<ushort> Tokens(int teacher, int row) =>
        ((UInt16Array)_tokens[teacher].Values).Values.Slice(_tokens[teacher].ValueOffsets[row],
            _tokens[teacher].GetValueLength(row));

    public int FeatureWidth { get; }

    // Residues x width, row by row.
    public ReadOnlySpan<Half> Features(int row) => _features is null
        ? []
        : ((HalfFloatArray)((FixedSizeListArray)_features.Values).Values).Values.Slice(
            _features.ValueOffsets[row] * FeatureWidth, _features.GetValueLength(row) * FeatureWidth);

    public bool HasPlddt(int row) => _plddt.IsValid(row);

    public ReadOnlySpan<byte> Plddt(int row) => HasPlddt(row)
        ? ((UInt8Array)_plddt.Values).Values.Slice(_plddt.ValueOffsets[row], _plddt.GetValueLength(row))
        : [];

    /// <summary>Checks that the columns of every row are of one length.</summary>
    public void CheckLengths()
    {
        for (var row = 0; row < Count; row++)
        {
            var length = Sequence(row).Length;
            for (var teacher = 0; teacher < _tokens.Length; teacher++)
            {
                if (Tokens(teacher, row).Length != length)
                {
                    throw new InvalidDataException($"row {row}: {length} residues, but {Tokens(teacher, row).Length} tokens");
                }
            }

            if (_features is not null && _features.GetValueLength(row) != length)
            {
                throw new InvalidDataException($"row {row}: {length} residues, but features of {_features.GetValueLength(row)}");
            }

            if (HasPlddt(row) && Plddt(row).Length != length)
            {
                throw new InvalidDataException($"row {row}: {length} residues, but {Plddt(row).Length} pLDDT values");
            }
        }
    }

    /// <summary>SHA-256 over all values in one canonical form, independent of how Arrow lays them out.</summary>
    public string Hash()
    {
        using var hash = new CanonicalHash();
        hash.Add(Count);
        for (var row = 0; row < Count; row++)
        {
            hash.Add(Positions[row]);
            hash.AddText(_name.GetBytes(row));
            hash.AddText(_chain.GetBytes(row));
            hash.AddText(Sequence(row));
            for (var teacher = 0; teacher < _tokens.Length; teacher++)
            {
                hash.AddText(MemoryMarshal.AsBytes(Tokens(teacher, row)));
            }

            hash.AddText(Plddt(row), isNull: !HasPlddt(row));
            hash.AddText(_notes.GetBytes(row));
            if (_features is not null)
            {
                hash.AddText(MemoryMarshal.AsBytes(Features(row)));
            }
        }

        return hash.Finish();
    }
}
