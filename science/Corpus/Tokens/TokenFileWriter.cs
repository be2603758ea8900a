using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Ism.Corpus;

/// <summary>
/// Writes the token file of a chunk: one Arrow IPC file (zstd), one row per protein chain, rows by position. The same rows give
/// the same bytes, in whatever order positions were finished.
/// </summary>
public static class TokenFileWriter
{
    /// <summary>Writes beside <paramref name="path"/>, flushes, renames. A file of that name is replaced.</summary>
    /// <param name="path">Usually <see cref="TokenFile.PathOf"/>.</param>
    /// <param name="header">What the file belongs to.</param>
    /// <param name="rows">The chains; those of one position in their order in the structure.</param>
    /// <param name="quarantine">The positions that could not be used.</param>
    /// <exception cref="ArgumentException">A position is missing or counted twice, or a row's columns disagree in
    /// length.</exception>
    public static TokenFileSummary Write(string path, TokenFileHeader header, IEnumerable<TokenRow> rows,
        IEnumerable<QuarantinedStructure> quarantine)
    {
        TokenRow[] ordered = [.. rows.OrderBy(row => row.Position)];
        QuarantinedStructure[] refused = [.. quarantine.OrderBy(entry => entry.Position)];
        foreach (var row in ordered)
        {
            Check(row, header);
        }

        var structures = TokenFileAccounting.Check(header.Positions, ordered.Select(row => row.Position),
            refused.Select(entry => entry.Position));
        var columns = Columns(ordered, header);
        var contents = new TokenColumns(columns, header.Teachers.Count, header.FeatureWidth);
        var schema = TokenFileSchema.Create(header, refused, contents.Hash());
        using var batch = new RecordBatch(schema, columns, ordered.Length);
        using var memory = new MemoryStream();
        ArrowFormat.Write(memory, schema, [batch]);
        var bytes = memory.GetBuffer().AsMemory(0, (int)memory.Length);
        DurableFile.Write(path, stream => stream.Write(bytes.Span));
        return new TokenFileSummary(Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), bytes.Length, structures,
            ordered.Length,
            ordered.Sum(row => (long)row.Sequence.Length), refused.Length);
    }

    private static void Check(TokenRow row, TokenFileHeader header)
    {
        var length = row.Sequence.Length;
        if (row.Tokens.Count != header.Teachers.Count || row.Tokens.Any(tokens => tokens.Length != length)
            || (row.Plddt is { } plddt && plddt.Length != length) || !Ascii.IsValid(row.Sequence))
        {
            throw new ArgumentException(
                $"{row.Name} chain '{row.Chain}': a sequence of {length} ASCII letters needs {header.Teachers.Count} "
                + $"token sequences and a pLDDT of that length, but has tokens "
                + $"[{string.Join(", ", row.Tokens.Select(tokens => tokens.Length))}] and pLDDT "
                + (row.Plddt?.Length.ToString() ?? "none"));
        }

        if (row.Features.Length != (long)length * header.FeatureWidth)
        {
            throw new ArgumentException($"{row.Name} chain '{row.Chain}': {length} residues need {length} x {header.FeatureWidth} features, "
                + $"but there are {row.Features.Length}");
        }

        if (System.Array.FindIndex(row.Features, value => !Half.IsFinite(value)) is >= 0 and var bad)
        {
            throw new ArgumentException($"{row.Name} chain '{row.Chain}': feature {bad % header.FeatureWidth} of residue "
                + $"{bad / header.FeatureWidth} is not finite in float16 (magnitudes up to 65504); the encoder's embeddings are too large for "
                + "tuning.structureTarget: features");
        }
    }

    private static IArrowArray[] Columns(TokenRow[] rows, TokenFileHeader header)
    {
        var teachers = header.Teachers.Count;
        var tokens = new IArrowArray[teachers];
        for (var teacher = 0; teacher < teachers; teacher++)
        {
            var lists = new ListArray.Builder(TokenFileSchema.TokensType.ValueField);
            foreach (var row in rows)
            {
                lists.Append();
                ((UInt16Array.Builder)lists.ValueBuilder).Append(row.Tokens[teacher].AsSpan());
            }

            tokens[teacher] = lists.Build();
        }

        var plddt = new ListArray.Builder(TokenFileSchema.PlddtType.ValueField);
        foreach (var row in rows)
        {
            if (row.Plddt is null)
            {
                plddt.AppendNull();
                continue;
            }

            plddt.Append();
            ((UInt8Array.Builder)plddt.ValueBuilder).Append(row.Plddt.AsSpan());
        }

        return
        [
            new Int64Array.Builder().AppendRange(rows.Select(row => row.Position)).Build(),
            Strings(rows.Select(row => row.Name)),
            Strings(rows.Select(row => row.Chain)),
            Strings(rows.Select(row => row.Sequence)),
            .. tokens,
            plddt.Build(),
            Strings(rows.Select(row => row.Notes)),
            .. header.FeatureWidth > 0 ? (IArrowArray[])[Features(rows, header.FeatureWidth)] : [],
        ];
    }

    // Built from whole buffers: there may be a hundred million values.
    private static ListArray Features(TokenRow[] rows, int width)
    {
        var values = new ArrowBuffer.Builder<Half>(rows.Sum(row => row.Features.Length));
        var offsets = new ArrowBuffer.Builder<int>(rows.Length + 1);
        var residues = 0;
        offsets.Append(0);
        foreach (var row in rows)
        {
            values.Append(row.Features);
            offsets.Append(residues += row.Sequence.Length);
        }

        var type = TokenFileSchema.FeaturesType(width);
        var flat = new HalfFloatArray(values.Build(), ArrowBuffer.Empty, residues * width, 0, 0);
        var each = new FixedSizeListArray((FixedSizeListType)type.ValueDataType, residues, flat, ArrowBuffer.Empty);
        return new ListArray(type, rows.Length, offsets.Build(), each, ArrowBuffer.Empty);
    }

    private static StringArray Strings(IEnumerable<string> values) => new StringArray.Builder().AppendRange(values).Build();
}
