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

    private delegate void FieldReader(ref BinaryCifEncoding encoding, ref MessagePackCursor cursor);

    // What is an offset stands for a value that is decoded later, and is passed over.
    private static readonly (byte[] Name, FieldReader Read)[] Fields =
    [
        ("kind"u8.ToArray(), (ref to, ref cursor) => to.Kind = KindOf(cursor.ReadText("kind"))),
        ("type"u8.ToArray(), (ref to, ref cursor) => to.Type = cursor.ReadInteger("type")),
        ("factor"u8.ToArray(), (ref to, ref cursor) => to.Factor = cursor.ReadNumber("factor")),
        ("min"u8.ToArray(), (ref to, ref cursor) => to.Min = cursor.ReadNumber("min")),
        ("max"u8.ToArray(), (ref to, ref cursor) => to.Max = cursor.ReadNumber("max")),
        ("numSteps"u8.ToArray(), (ref to, ref cursor) => to.Steps = cursor.ReadInteger("numSteps")),
        ("origin"u8.ToArray(), (ref to, ref cursor) => to.Origin = cursor.ReadInteger("origin")),
        ("byteCount"u8.ToArray(), (ref to, ref cursor) => to.ByteCount = cursor.ReadInteger("byteCount")),
        ("isUnsigned"u8.ToArray(), (ref to, ref cursor) => to.Unsigned = cursor.ReadFlag("isUnsigned")),
        ("srcSize"u8.ToArray(), (ref to, ref cursor) => to.Size = cursor.ReadInteger("srcSize")),
        ("stringData"u8.ToArray(), (ref to, ref cursor) => to.StringData = PassOver(ref cursor)),
        ("offsets"u8.ToArray(), (ref to, ref cursor) => to.Offsets = PassOver(ref cursor)),
        ("offsetEncoding"u8.ToArray(), (ref to, ref cursor) => to.OffsetEncoding = PassOver(ref cursor)),
        ("dataEncoding"u8.ToArray(), (ref to, ref cursor) => to.DataEncoding = PassOver(ref cursor)),
    ];

    /// <summary>Reads one encoding map; fields that are not known are passed over.</summary>
    public static BinaryCifEncoding Read(ref MessagePackCursor cursor)
    {
        var encoding = new BinaryCifEncoding();
        for (var pairs = cursor.ReadMap("an encoding"); pairs > 0; pairs--)
        {
            var key = cursor.ReadText("the name of an encoding's field");
            var known = false;
            foreach (var (name, read) in Fields)
            {
                if (key.SequenceEqual(name))
                {
                    read(ref encoding, ref cursor);
                    known = true;
                    break;
                }
            }

            if (!known)
            {
                cursor.Skip();
            }
        }

        return encoding;
    }

    // Where the value begins.
    private static int PassOver(ref MessagePackCursor cursor)
    {
        var at = cursor.Position;
        cursor.Skip();
        return at;
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
