using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// Undoes the encodings of BinaryCIF (Sehnal et al. 2020, PLoS Comput Biol 16, e1008247). Arrays are made as large as what
/// has been counted in the data, never as large as a declared size; what a file may expand to altogether is bounded by a
/// budget in bytes.
/// </summary>
internal ref struct BinaryCifDecoder(ReadOnlySpan<byte> content, long budget)
{
    private const int MostEncodings = 8;

    private readonly ReadOnlySpan<byte> _content = content;
    private long _budget = budget;

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

    private readonly (BinaryRange Bytes, int Encoding) Parts(int at)
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

        var values = Bytes(_content.Slice(bytes.Start, bytes.Length), encodings[count - 1]);
        for (var i = count - 2; i >= 0; i--)
        {
            var whole = values.Integers ?? throw BinaryCifException.Damaged($"{encodings[i].Kind} of fractions");
            values = encodings[i].Kind switch
            {
                BinaryCifEncodingKind.FixedPoint => BinaryCifColumn.Of(FixedPoint(whole, encodings[i])),
                BinaryCifEncodingKind.IntervalQuantization => BinaryCifColumn.Of(Quantized(whole, encodings[i])),
                BinaryCifEncodingKind.RunLength => BinaryCifColumn.Of(Runs(whole, encodings[i])),
                BinaryCifEncodingKind.Delta => BinaryCifColumn.Of(Deltas(whole, encodings[i])),
                BinaryCifEncodingKind.IntegerPacking => BinaryCifColumn.Of(Packed(whole, encodings[i])),
                _ => throw BinaryCifException.Damaged($"{encodings[i].Kind} where an encoding of numbers is expected"),
            };
        }

        return values;
    }

    private BinaryCifColumn Bytes(ReadOnlySpan<byte> bytes, in BinaryCifEncoding encoding)
    {
        if (encoding.Kind != BinaryCifEncodingKind.ByteArray)
        {
            throw BinaryCifException.Damaged($"the innermost encoding of numbers is {encoding.Kind}, not ByteArray");
        }

        var size = encoding.Type switch
        {
            1 or 4 => 1,
            2 or 5 => 2,
            3 or 6 or 32 => 4,
            33 => 8,
            _ => throw BinaryCifException.Damaged($"ByteArray of the unknown type {encoding.Type}"),
        };
        if (bytes.Length % size != 0)
        {
            throw BinaryCifException.Damaged($"{bytes.Length} bytes do not hold whole numbers of {size} bytes");
        }

        var count = bytes.Length / size;
        if (encoding.Type >= 32)
        {
            var fractions = Reals(count);
            for (var i = 0; i < count; i++)
            {
                fractions[i] = size == 4 ? BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..])
                    : BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
            }

            return BinaryCifColumn.Of(fractions);
        }

        var values = Ints(count);
        for (var i = 0; i < count; i++)
        {
            values[i] = encoding.Type switch
            {
                1 => (sbyte)bytes[i],
                4 => bytes[i],
                2 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]),
                5 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]),
                3 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
                _ => Narrow(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]), "an unsigned number"),
            };
        }

        return BinaryCifColumn.Of(values);
    }

    private double[] FixedPoint(int[] values, in BinaryCifEncoding encoding)
    {
        if (!(encoding.Factor > 0) || !double.IsFinite(encoding.Factor))
        {
            throw BinaryCifException.Damaged($"FixedPoint with the factor {encoding.Factor}");
        }

        // As text is read: an integer times a power of ten, so that both forms give the same bits.
        var unit = 1 / encoding.Factor;
        var result = Reals(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            result[i] = values[i] * unit;
        }

        return result;
    }

    private double[] Quantized(int[] values, in BinaryCifEncoding encoding)
    {
        if (encoding.Steps < 2 || !double.IsFinite(encoding.Max - encoding.Min))
        {
            throw BinaryCifException.Damaged(
                $"IntervalQuantization of {encoding.Min} to {encoding.Max} in {encoding.Steps} steps");
        }

        var step = (encoding.Max - encoding.Min) / (encoding.Steps - 1);
        var result = Reals(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            result[i] = encoding.Min + values[i] * step;
        }

        return result;
    }

    private int[] Runs(int[] pairs, in BinaryCifEncoding encoding)
    {
        if (pairs.Length % 2 != 0)
        {
            throw BinaryCifException.Damaged($"RunLength of {pairs.Length} numbers, which are no pairs");
        }

        var total = 0L;
        for (var i = 1; i < pairs.Length; i += 2)
        {
            total += pairs[i] >= 0 ? pairs[i] : throw BinaryCifException.Damaged($"a run of {pairs[i]} values");
        }

        Expect(encoding, total);
        var result = Ints(total);
        var at = 0;
        for (var i = 0; i < pairs.Length; i += 2)
        {
            result.AsSpan(at, pairs[i + 1]).Fill(pairs[i]);
            at += pairs[i + 1];
        }

        return result;
    }

    private int[] Deltas(int[] values, in BinaryCifEncoding encoding)
    {
        var result = Ints(values.Length);
        var sum = (long)encoding.Origin;
        for (var i = 0; i < values.Length; i++)
        {
            sum += values[i];
            result[i] = Narrow(sum, "a sum of differences");
        }

        return result;
    }

    private int[] Packed(int[] values, in BinaryCifEncoding encoding)
    {
        var upper = (encoding.ByteCount, encoding.Unsigned) switch
        {
            (1, true) => 0xFF,
            (2, true) => 0xFFFF,
            (1, false) => 0x7F,
            (2, false) => 0x7FFF,
            _ => throw BinaryCifException.Damaged($"IntegerPacking of {encoding.ByteCount} bytes"),
        };
        var lower = encoding.Unsigned ? int.MinValue : -upper - 1;
        var count = 0;
        foreach (var value in values)
        {
            count += value == upper || value == lower ? 0 : 1;
        }

        Expect(encoding, count);
        var result = Ints(count);
        var at = 0;
        var sum = 0L;
        var open = false;
        foreach (var value in values)
        {
            sum += value;
            open = value == upper || value == lower;
            if (!open)
            {
                result[at++] = Narrow(sum, "a packed number");
                sum = 0;
            }
        }

        return open ? throw BinaryCifException.Damaged("the data end inside a packed number") : result;
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
        Spend((long)count * 32 + length);
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

    private static void Expect(in BinaryCifEncoding encoding, long count)
    {
        if (encoding.Size >= 0 && encoding.Size != count)
        {
            throw BinaryCifException.Damaged($"{encoding.Kind} gives {count} values; srcSize says {encoding.Size}");
        }
    }

    private int[] Ints(long count)
    {
        Spend(count * sizeof(int));
        return new int[count];
    }

    private double[] Reals(long count)
    {
        Spend(count * sizeof(double));
        return new double[count];
    }

    private void Spend(long bytes)
    {
        _budget -= bytes;
        if (_budget < 0)
        {
            throw new BinaryCifException(RefusalReason.TooLarge,
                "the columns decode to more bytes than a text may have (MaxContentBytes)");
        }
    }

    private static int Narrow(long value, string what) => value is >= int.MinValue and <= int.MaxValue
        ? (int)value
        : throw BinaryCifException.Damaged($"{what} is {value}, beyond 32 bits");

    private readonly record struct BinaryRange(int Start, int Length);
}
