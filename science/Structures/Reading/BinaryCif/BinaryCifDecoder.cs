namespace Ism.Structures;

/// <summary>
/// Undoes the encodings of BinaryCIF (Sehnal et al. 2020, PLoS Comput Biol 16, e1008247). Arrays are made as large as what
/// has been counted in the data, never as large as a declared size; what a file may expand to altogether is bounded by a
/// budget in bytes.
/// </summary>
internal readonly ref struct BinaryCifDecoder(ReadOnlySpan<byte> content, long budget)
{
    private const int MostEncodings = 8;

    private readonly ReadOnlySpan<byte> _content = content;
    private readonly DecodingBudget _budget = new(budget);

    /// <summary>Decodes the <c>{data, encoding}</c> map at an offset of the content.</summary>
    public BinaryCifColumn Column(int at)
    {
        var (bytes, encoding) = Parts(at);
        var cursor = new MessagePackCursor(_content, encoding);
        if (cursor.ReadArray("encoding") == 1)
        {
            var only = BinaryCifEncoding.Read(ref cursor);
            if (only.Kind == BinaryCifEncodingKind.StringArray)
            {
                return Texts(bytes, only);
            }
        }

        return Numbers(bytes, encoding);
    }

    /// <summary>Decodes an array of whole numbers, such as a mask.</summary>
    public int[] Integers(int at)
    {
        var (bytes, encoding) = Parts(at);
        return Numbers(bytes, encoding).Integers ?? throw BinaryCifException.Damaged("whole numbers expected, not fractions");
    }

    private (BinaryRange Bytes, int Encoding) Parts(int at)
    {
        var cursor = new MessagePackCursor(_content, at);
        var bytes = new BinaryRange(-1, 0);
        var encoding = -1;
        for (var pairs = cursor.ReadMap("a column's data"); pairs > 0; pairs--)
        {
            var key = cursor.ReadText("the name of a field");
            if (key.SequenceEqual("data"u8))
            {
                var data = cursor.ReadBytes("data");
                bytes = new BinaryRange(cursor.Position - data.Length, data.Length);
            }
            else
            {
                encoding = key.SequenceEqual("encoding"u8) ? cursor.Position : encoding;
                cursor.Skip();
            }
        }

        return bytes.Start < 0 || encoding < 0
            ? throw BinaryCifException.Damaged($"a column's data without {(bytes.Start < 0 ? "data" : "encoding")}")
            : (bytes, encoding);
    }

    private BinaryCifColumn Numbers(BinaryRange bytes, int encodingsAt)
    {
        var cursor = new MessagePackCursor(_content, encodingsAt);
        var count = cursor.ReadArray("encoding");
        if (count is 0 or > MostEncodings)
        {
            throw BinaryCifException.Damaged($"{count} encodings of one column; 1 to {MostEncodings} are possible");
        }

        Span<BinaryCifEncoding> encodings = stackalloc BinaryCifEncoding[MostEncodings];
        for (var i = 0; i < count; i++)
        {
            encodings[i] = BinaryCifEncoding.Read(ref cursor);
        }

        var values = BinaryCifByteArray.Read(_content.Slice(bytes.Start, bytes.Length), encodings[count - 1], _budget);
        for (var i = count - 2; i >= 0; i--)
        {
            var whole = values.Integers ?? throw BinaryCifException.Damaged($"{encodings[i].Kind} of fractions");
            values = BinaryCifNumbers.Undo(whole, encodings[i], _budget);
        }

        return values;
    }

    private BinaryCifColumn Texts(BinaryRange bytes, in BinaryCifEncoding encoding)
    {
        if (encoding.StringData < 0 || encoding.Offsets < 0 || encoding.OffsetEncoding < 0 || encoding.DataEncoding < 0)
        {
            throw BinaryCifException.Damaged("a StringArray without stringData, offsets, offsetEncoding or dataEncoding");
        }

        var cursor = new MessagePackCursor(_content, encoding.StringData);
        var text = cursor.ReadText("stringData");
        cursor = new MessagePackCursor(_content, encoding.Offsets);
        var offsetBytes = cursor.ReadBytes("offsets");
        var offsets = Numbers(new BinaryRange(cursor.Position - offsetBytes.Length, offsetBytes.Length), encoding.OffsetEncoding)
            .Integers ?? throw BinaryCifException.Damaged("offsets of texts that are no whole numbers");
        var indices = Numbers(bytes, encoding.DataEncoding).Integers
            ?? throw BinaryCifException.Damaged("numbers of texts that are no whole numbers");
        var texts = Cut(text, offsets);
        foreach (var index in indices)
        {
            if (index < -1 || index >= texts.Length)
            {
                throw BinaryCifException.Damaged($"text {index} of {texts.Length}");
            }
        }

        return BinaryCifColumn.Of(texts, indices);
    }

    private byte[][] Cut(ReadOnlySpan<byte> text, int[] offsets)
    {
        // Offsets count UTF-16 units, which for ASCII are bytes.
        var wide = System.Text.Ascii.IsValid(text) ? null : System.Text.Encoding.UTF8.GetString(text);
        var length = wide?.Length ?? text.Length;
        var count = Math.Max(0, offsets.Length - 1);
        _budget.Spend((long)count * 32 + length);
        var texts = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var (start, end) = (offsets[i], offsets[i + 1]);
            if (start < 0 || end < start || end > length)
            {
                throw BinaryCifException.Damaged($"a text from {start} to {end} of {length} characters");
            }

            texts[i] = wide is null ? text[start..end].ToArray() : System.Text.Encoding.UTF8.GetBytes(wide[start..end]);
        }

        return texts;
    }

    private readonly record struct BinaryRange(int Start, int Length);
}
