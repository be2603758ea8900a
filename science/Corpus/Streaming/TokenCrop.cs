using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ism.Corpus.Streaming;

/// <summary>A crop of one protein chain with its structure tokens, as a trainer receives it.</summary>
/// <param name="Name">Structure and chain, for messages about the sample.</param>
/// <param name="Start">First residue of the crop in the chain.</param>
/// <param name="Sequence">One-letter codes, ASCII [L].</param>
/// <param name="Tokens">One token sequence [L] for each teacher; <see cref="TokenRow.NoToken"/> where a residue has none.</param>
public sealed record TokenCrop(string Name, int Start, byte[] Sequence, IReadOnlyList<ushort[]> Tokens)
{
    // Bounds what a crop of no residues, which is 16 bytes with any number of teachers, may make a reader allocate.
    private const int MostTeachers = 255;

    /// <summary>Channels of the encoder's embedding; 0: there are no features.</summary>
    public int FeatureWidth { get; init; }

    /// <summary>The encoder's embeddings [L x <see cref="FeatureWidth"/>] row by row.</summary>
    public Half[] Features { get; init; } = [];

    /// <summary>The crop that a visit takes of a structure: chain and start are drawn from the visit's key. Null when the position
    /// has no chain (quarantined).</summary>
    public static TokenCrop? Draw(TokenFile file, long position, ulong drawKey, int crop)
    {
        var rows = file.RowsOf(position);
        var (first, count) = (rows.Start.Value, rows.End.Value - rows.Start.Value);
        if (count == 0)
        {
            return null;
        }

        var row = first + Draws.Chain(drawKey, count);
        var length = file.Length(row);
        var start = Draws.CropStart(drawKey, length, crop);
        var taken = Math.Min(crop, length);
        var tokens = new ushort[file.Header.Teachers.Count][];
        for (var teacher = 0; teacher < tokens.Length; teacher++)
        {
            tokens[teacher] = file.Tokens(teacher, row).Slice(start, taken).ToArray();
        }

        var width = file.Header.FeatureWidth;
        return new TokenCrop($"{file.Name(row)}/{file.Chain(row)}", start, file.Sequence(row).Slice(start, taken).ToArray(), tokens)
        {
            FeatureWidth = width,
            Features = width == 0 ? [] : file.Features(row).Slice(start * width, taken * width).ToArray(),
        };
    }

    /// <summary>As bytes: start, length, teachers, name length (int32 each), name, sequence, tokens; with features their width (int32) and
    /// they (float16); little-endian.</summary>
    public byte[] ToBytes()
    {
        var name = System.Text.Encoding.UTF8.GetBytes(Name);
        var length = Sequence.Length;
        var features = FeatureWidth == 0 ? 0 : 4 + (2 * Features.Length);
        var bytes = new byte[16 + name.Length + length + (2 * length * Tokens.Count) + features];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Start);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Tokens.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), name.Length);
        name.CopyTo(bytes, 16);
        Sequence.CopyTo(bytes, 16 + name.Length);
        var at = 16 + name.Length + length;
        foreach (var column in Tokens)
        {
            MemoryMarshal.AsBytes(column.AsSpan()).CopyTo(bytes.AsSpan(at));
            at += 2 * length;
        }

        if (FeatureWidth > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), FeatureWidth);
            MemoryMarshal.AsBytes(Features.AsSpan()).CopyTo(bytes.AsSpan(at + 4));
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are something else.</exception>
    public static TokenCrop FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 16)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are no token sample");
        }

        var start = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        var teachers = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        var nameLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        var plain = 16L + nameLength + length + (2L * length * teachers);
        var sound = start >= 0 && length >= 0 && teachers is >= 0 and <= MostTeachers && nameLength >= 0;
        var width = sound && plain + 4 <= bytes.Length ? BinaryPrimitives.ReadInt32LittleEndian(bytes[(int)plain..]) : 0;
        if (!sound || width < 0 || bytes.Length != plain + (width > 0 ? 4 + (2L * length * width) : 0))
        {
            throw new InvalidDataException(
                $"{bytes.Length} bytes are no token sample of {length} residues, {teachers} teachers and a name of {nameLength} bytes");
        }

        var name = System.Text.Encoding.UTF8.GetString(bytes.Slice(16, nameLength));
        var at = 16 + nameLength;
        var sequence = bytes.Slice(at, length).ToArray();
        at += length;
        var tokens = new ushort[teachers][];
        for (var teacher = 0; teacher < teachers; teacher++, at += 2 * length)
        {
            tokens[teacher] = MemoryMarshal.Cast<byte, ushort>(bytes.Slice(at, 2 * length)).ToArray();
        }

        return new TokenCrop(name, start, sequence, tokens)
        {
            FeatureWidth = width,
            Features = width == 0 ? [] : MemoryMarshal.Cast<byte, Half>(bytes[(at + 4)..]).ToArray(),
        };
    }
}
