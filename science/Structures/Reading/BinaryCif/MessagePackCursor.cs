using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// Reads the part of MessagePack that BinaryCIF uses, in place: nothing is allocated, and every length that the content
/// declares is held against the bytes that are there before it is believed.
/// </summary>
internal ref struct MessagePackCursor(ReadOnlySpan<byte> content, int position)
{
    private readonly ReadOnlySpan<byte> _content = content;

    /// <summary>Offset of the next value.</summary>
    public int Position { get; private set; } = position;

    /// <summary>Number of pairs of the map that begins here.</summary>
    public int ReadMap(string what)
    {
        var code = Byte();
        long pairs = code switch
        {
            >= 0x80 and <= 0x8F => code & 0x0F,
            0xDE => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xDF => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected(code, what, "a map"),
        };
        return Count(pairs, 2, what);
    }

    /// <summary>Number of items of the array that begins here.</summary>
    public int ReadArray(string what)
    {
        var code = Byte();
        long items = code switch
        {
            >= 0x90 and <= 0x9F => code & 0x0F,
            0xDC => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xDD => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected(code, what, "an array"),
        };
        return Count(items, 1, what);
    }

    /// <summary>The bytes of a text (UTF-8).</summary>
    public ReadOnlySpan<byte> ReadText(string what)
    {
        var code = Byte();
        return Take(code switch
        {
            >= 0xA0 and <= 0xBF => code & 0x1F,
            0xD9 => Byte(),
            0xDA => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xDB => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected(code, what, "a text"),
        });
    }

    /// <summary>The bytes of a binary value.</summary>
    public ReadOnlySpan<byte> ReadBytes(string what)
    {
        var code = Byte();
        return Take(code switch
        {
            0xC4 => Byte(),
            0xC5 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xC6 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            _ => throw Unexpected(code, what, "bytes"),
        });
    }

    /// <summary>A number of any kind.</summary>
    public double ReadNumber(string what)
    {
        var code = Byte();
        return code switch
        {
            <= 0x7F => code,
            >= 0xE0 => (sbyte)code,
            0xCA => BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            0xCB => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            0xCC => Byte(),
            0xCD => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xCE => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xCF => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xD0 => (sbyte)Byte(),
            0xD1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xD2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xD3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Unexpected(code, what, "a number"),
        };
    }

    /// <summary>A whole number that fits 32 bits.</summary>
    public int ReadInteger(string what)
    {
        var number = ReadNumber(what);
        return number is >= int.MinValue and <= int.MaxValue && number == Math.Floor(number)
            ? (int)number
            : throw BinaryCifException.Damaged($"{what} is {number}, no whole number of 32 bits");
    }

    /// <summary>True or false; numbers count as they do in JavaScript.</summary>
    public bool ReadFlag(string what)
    {
        if (Peek() is 0xC2 or 0xC3)
        {
            return Byte() == 0xC3;
        }

        return ReadNumber(what) != 0;
    }

    /// <summary>Passes over null, if it is next.</summary>
    public bool TryReadNull()
    {
        if (Peek() != 0xC0)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>Passes over the next value with all that is in it. Not by recursion: depth is the content's to choose.</summary>
    public void Skip()
    {
        for (var pending = 1L; pending > 0; pending--)
        {
            var code = Byte();
            switch (code)
            {
                case <= 0x7F or >= 0xE0 or 0xC0 or 0xC2 or 0xC3:
                    break;
                case <= 0x8F:
                    pending += 2 * (code & 0x0F);
                    break;
                case <= 0x9F:
                    pending += code & 0x0F;
                    break;
                case <= 0xBF:
                    Take(code & 0x1F);
                    break;
                case 0xC4 or 0xD9:
                    Take(Byte());
                    break;
                case 0xC5 or 0xDA:
                    Take(BinaryPrimitives.ReadUInt16BigEndian(Take(2)));
                    break;
                case 0xC6 or 0xDB:
                    Take(BinaryPrimitives.ReadUInt32BigEndian(Take(4)));
                    break;
                case 0xC7:
                    Take(Byte() + 1);
                    break;
                case 0xC8:
                    Take(BinaryPrimitives.ReadUInt16BigEndian(Take(2)) + 1);
                    break;
                case 0xC9:
                    Take(BinaryPrimitives.ReadUInt32BigEndian(Take(4)) + 1L);
                    break;
                case 0xCC or 0xD0:
                    Take(1);
                    break;
                case 0xCD or 0xD1:
                    Take(2);
                    break;
                case 0xCA or 0xCE or 0xD2:
                    Take(4);
                    break;
                case 0xCB or 0xCF or 0xD3:
                    Take(8);
                    break;
                case >= 0xD4 and <= 0xD8:
                    Take((1 << (code - 0xD4)) + 1);
                    break;
                case 0xDC:
                    pending += BinaryPrimitives.ReadUInt16BigEndian(Take(2));
                    break;
                case 0xDD:
                    pending += BinaryPrimitives.ReadUInt32BigEndian(Take(4));
                    break;
                case 0xDE:
                    pending += 2L * BinaryPrimitives.ReadUInt16BigEndian(Take(2));
                    break;
                case 0xDF:
                    pending += 2L * BinaryPrimitives.ReadUInt32BigEndian(Take(4));
                    break;
                default:
                    throw Unexpected(code, "a value", "MessagePack");
            }
        }
    }

    private readonly byte Peek() => Position < _content.Length ? _content[Position] : throw End(1);

    private byte Byte()
    {
        var value = Peek();
        Position++;
        return value;
    }

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length > _content.Length - Position)
        {
            throw End(length);
        }

        var taken = _content.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    private readonly int Count(long items, int bytesEach, string what)
    {
        var left = _content.Length - Position;
        return items * bytesEach <= left ? (int)items : throw new BinaryCifException(RefusalReason.Truncated,
            $"{what} is said to hold {items} items, and {left} bytes are left");
    }

    private readonly BinaryCifException End(long wanted) => new(RefusalReason.Truncated,
        $"the content ends at byte {_content.Length}; {wanted} bytes should follow byte {Position}");

    private readonly BinaryCifException Unexpected(byte code, string what, string expected) => BinaryCifException.Damaged(
        $"{what} at byte {Position - 1} begins with 0x{code:X2}, which is not {expected}");
}
