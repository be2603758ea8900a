using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>
/// Checks that a gzip stream is whole. <see cref="System.IO.Compression.GZipStream"/> takes the end of its input for the end of
/// the data, so a cut stream would pass for a shorter file. The trailer (RFC 1952) holds CRC-32 and length of the last member's
/// data.
/// </summary>
internal static class GzipTrailer
{
    private const int Size = 8;
    private static readonly uint[] Table = BuildTable();

    /// <summary>Whether the stored bytes end with the trailer of the data; zero bytes behind it (tape blocks) are
    /// allowed.</summary>
    public static bool Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> data)
    {
        // A trailer may itself end in up to four zero bytes.
        var shortest = Math.Max(Size, stored.TrimEnd((byte)0).Length);
        for (var end = stored.Length; end >= shortest; end = end > shortest + 4 ? shortest + 4 : end - 1)
        {
            if (MatchesAt(stored[(end - Size)..end], data))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MatchesAt(ReadOnlySpan<byte> trailer, ReadOnlySpan<byte> data)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        if (length == (uint)data.Length)
        {
            // zlib has compared the checksum when it reached the trailer.
            return true;
        }

        // Of several members the trailer describes the last.
        return length > 0 && length < data.Length && Crc(data[(int)(data.Length - length)..])
            == BinaryPrimitives.ReadUInt32LittleEndian(trailer);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] BuildTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
