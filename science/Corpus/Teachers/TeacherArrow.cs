using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Ism.Corpus.Teachers;

/// <summary>
/// Tokens from an Arrow IPC file (also Feather version 2): a token file of ours, or any table with a column <c>name</c> (utf8) and a
/// column <c>tokens.TEACHER</c>, <c>tokens</c>, or a single <c>tokens.*</c>: a list of whole numbers or, with an alphabet, utf8; columns
/// <c>chain</c> and <c>sequence</c> (utf8) are used where they are. Read batch by batch.
/// </summary>
internal static class TeacherArrow
{
    private const string Prefix = TokenFileSchema.TokenPrefix;

    public static IEnumerable<TeacherTokens> Read(string path, TeacherAlphabet alphabet, string teacher)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        using var reader = new ArrowFileReader(stream, new CompressionCodecFactory());
        var first = 0L;
        while (Next(reader, path) is { } next)
        {
            using var batch = next;
            var (name, chain, sequence) = (Column("name"), Column("chain"), Column("sequence"));
            var tokens = Column($"{Prefix}{teacher}") ?? Column("tokens") ?? Single();
            if (name is null || tokens is null)
            {
                throw new InvalidDataException(
                    $"{path}: needs a column 'name' and one '{Prefix}{teacher}', 'tokens' or a single '{Prefix}*'; it has "
                    + string.Join(", ", batch.Schema.FieldsList.Select(field => field.Name)));
            }

            for (var row = 0; row < batch.Length; row++)
            {
                yield return Row(name, chain, sequence, tokens, row, first);
            }

            first += batch.Length;

            IArrowArray? Single()
            {
                var columns = batch.Schema.FieldsList.Where(field => field.Name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
                return columns.Count == 1 ? batch.Column(columns[0].Name) : null;
            }

            IArrowArray? Column(string column) => batch.Schema.FieldsLookup.Contains(column) ? batch.Column(column) : null;
        }

        TeacherTokens Row(IArrowArray name, IArrowArray? chain, IArrowArray? sequence, IArrowArray tokens, int row, long before)
        {
            try
            {
                return new TeacherTokens(
                    Text(name, row) ?? throw new InvalidDataException("it has no name"),
                    chain is null ? null : Text(chain, row), sequence is null ? null : Text(sequence, row), Tokens(tokens, row, alphabet));
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{path}, row {before + row}: {e.Message}", e);
            }
        }
    }

    private static RecordBatch? Next(ArrowFileReader reader, string path)
    {
        try
        {
            return reader.ReadNextRecordBatch();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Arrow's reader answers damage with whatever exception its parser runs into.
            throw new InvalidDataException($"{path} is not a complete Arrow file ({e.Message})", e);
        }
    }

    private static string? Text(IArrowArray column, int row) => column switch
    {
        StringArray text => text.GetString(row),
        LargeStringArray text => text.GetString(row),
        _ => throw new InvalidDataException($"a column of names or sequences is {column.Data.DataType.Name}, expected utf8"),
    };

    private static ushort[] Tokens(IArrowArray column, int row, TeacherAlphabet alphabet) => column switch
    {
        StringArray or LargeStringArray => alphabet.Read(Text(column, row) ?? ""),
        ListArray list => Numbers(list.Values, list.ValueOffsets[row], list.ValueOffsets[row + 1], alphabet),
        LargeListArray list => Numbers(list.Values, checked((int)list.ValueOffsets[row]), checked((int)list.ValueOffsets[row + 1]), alphabet),
        _ => throw new InvalidDataException($"the column of tokens is {column.Data.DataType.Name}, expected a list of whole numbers or utf8"),
    };

    private static ushort[] Numbers(IArrowArray values, int start, int end, TeacherAlphabet alphabet)
    {
        var tokens = new ushort[end - start];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = values.IsNull(start + i) ? TokenRow.NoToken : alphabet.Checked(Number(values, start + i), i);
        }

        return tokens;
    }

    private static long Number(IArrowArray values, int at) => values switch
    {
        UInt16Array array => array.Values[at],
        UInt8Array array => array.Values[at],
        Int8Array array => array.Values[at],
        Int16Array array => array.Values[at],
        Int32Array array => array.Values[at],
        UInt32Array array => array.Values[at],
        Int64Array array => array.Values[at],
        _ => throw new InvalidDataException($"tokens are lists of {values.Data.DataType.Name}, expected whole numbers"),
    };
}
