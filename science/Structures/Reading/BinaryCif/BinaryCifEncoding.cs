namespace Ism.Structures;

/// <summary>One step of a column's encoding. Which fields have a meaning depends on <see cref="Kind"/>. Offsets point to
/// values of the content, -1 where the file has none.</summary>
internal struct BinaryCifEncoding()
{
    public BinaryCifEncodingKind Kind;
    public int Type;
    public double Factor;
    public double Min;
    public double Max;
    public int Steps;
    public int Origin;
    public int ByteCount;
    public bool Unsigned;
    public long Size = -1;
    public int StringData = -1;
    public int Offsets = -1;
    public int OffsetEncoding = -1;
    public int DataEncoding = -1;

    /// <summary>Reads one encoding map.</summary>
    public static BinaryCifEncoding Read(ref MessagePackCursor cursor)
    {
        var encoding = new BinaryCifEncoding();
        for (var pairs = cursor.ReadMap("an encoding"); pairs > 0; pairs--)
        {
            var key = cursor.ReadText("the name of an encoding's field");
            if (key.SequenceEqual("kind"u8))
            {
                encoding.Kind = KindOf(cursor.ReadText("kind"));
            }
            else if (key.SequenceEqual("type"u8))
            {
                encoding.Type = cursor.ReadInteger("type");
            }
            else if (key.SequenceEqual("factor"u8))
            {
                encoding.Factor = cursor.ReadNumber("factor");
            }
            else if (key.SequenceEqual("min"u8))
            {
                encoding.Min = cursor.ReadNumber("min");
            }
            else if (key.SequenceEqual("max"u8))
            {
                encoding.Max = cursor.ReadNumber("max");
            }
            else if (key.SequenceEqual("numSteps"u8))
            {
                encoding.Steps = cursor.ReadInteger("numSteps");
            }
            else if (key.SequenceEqual("origin"u8))
            {
                encoding.Origin = cursor.ReadInteger("origin");
            }
            else if (key.SequenceEqual("byteCount"u8))
            {
                encoding.ByteCount = cursor.ReadInteger("byteCount");
            }
            else if (key.SequenceEqual("isUnsigned"u8))
            {
                encoding.Unsigned = cursor.ReadFlag("isUnsigned");
            }
            else if (key.SequenceEqual("srcSize"u8))
            {
                encoding.Size = cursor.ReadInteger("srcSize");
            }
            else
            {
                if (key.SequenceEqual("stringData"u8))
                {
                    encoding.StringData = cursor.Position;
                }
                else if (key.SequenceEqual("offsets"u8))
                {
                    encoding.Offsets = cursor.Position;
                }
                else if (key.SequenceEqual("offsetEncoding"u8))
                {
                    encoding.OffsetEncoding = cursor.Position;
                }
                else if (key.SequenceEqual("dataEncoding"u8))
                {
                    encoding.DataEncoding = cursor.Position;
                }

                cursor.Skip();
            }
        }

        return encoding;
    }

    private static BinaryCifEncodingKind KindOf(ReadOnlySpan<byte> name)
    {
        for (var kind = BinaryCifEncodingKind.ByteArray; kind <= BinaryCifEncodingKind.StringArray; kind++)
        {
            if (System.Text.Ascii.Equals(name, kind.ToString()))
            {
                return kind;
            }
        }

        throw BinaryCifException.Damaged(
            $"unknown encoding '{System.Text.Encoding.Latin1.GetString(name[..Math.Min(name.Length, 40)])}'");
    }
}

/// <summary>The encodings of BinaryCIF 0.3.</summary>
internal enum BinaryCifEncodingKind
{
    None,
    ByteArray,
    FixedPoint,
    IntervalQuantization,
    RunLength,
    Delta,
    IntegerPacking,
    StringArray,
}
