using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Ism.Corpus.Teachers;

/// <summary>What became of a teacher's file over one catalogue.</summary>
/// <param name="Rows">Rows of the file.</param>
/// <param name="Used">Rows that name a structure of the catalogue.</param>
/// <param name="Structures">Structures of the catalogue.</param>
/// <param name="Covered">Structures that a row names.</param>
public sealed record TeacherCoverage(long Rows, long Used, long Structures, long Covered)
{
    /// <summary>Share of the structures that no row names.</summary>
    public double Missing => Structures == 0 ? 0 : 1 - ((double)Covered / Structures);
}

/// <summary>
/// A teacher's tokens sorted by the chunks of a catalogue: a folder with one file a chunk (<see cref="TeacherPart"/>), so that a
/// featurizer reads what its chunk needs and no node holds them all. Made beside its name and renamed: a folder under its name is
/// complete.
/// </summary>
public static class TeacherParts
{
    private const string CoverageFile = "coverage.json";
    private const long MostHeld = 256L << 20;

    /// <summary>File of a chunk.</summary>
    public static string PathOf(string folder, int chunk) => Path.Combine(folder, $"chunk-{chunk:D6}.tokens");

    /// <summary>The coverage of a complete folder; null where there is none.</summary>
    public static TeacherCoverage? Find(string folder) => File.Exists(Path.Combine(folder, CoverageFile))
        ? JsonSerializer.Deserialize<TeacherCoverage>(File.ReadAllText(Path.Combine(folder, CoverageFile)))
        : null;

    /// <summary>Sorts rows by chunk. Of several rows for one chain the first of the file counts. Holds at most about 256 MB.</summary>
    public static TeacherCoverage Write(string folder, Catalogue catalogue, IEnumerable<TeacherTokens> rows)
    {
        var beside = $"{folder}.{Guid.NewGuid():N}.new";
        Directory.CreateDirectory(beside);
        try
        {
            var coverage = Sort(beside, catalogue, rows);
            File.WriteAllText(Path.Combine(beside, CoverageFile), JsonSerializer.Serialize(coverage));
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            Directory.Move(beside, folder);
            return coverage;
        }
        catch
        {
            Directory.Delete(beside, recursive: true);
            throw;
        }
    }

    private static TeacherCoverage Sort(string folder, Catalogue catalogue, IEnumerable<TeacherTokens> rows)
    {
        var names = new StructureNames(catalogue);
        var covered = new bool[catalogue.Count];
        var open = new Dictionary<int, ArrayBufferWriter<byte>>();
        var (count, used, held) = (0L, 0L, 0L);
        foreach (var row in rows)
        {
            count++;
            var (positions, chain) = names.Find(row.Name);
            used += positions.Count > 0 ? 1 : 0;
            foreach (var position in positions)
            {
                covered[position] = true;
                var chunk = catalogue.ChunkOf(position);
                if (!open.TryGetValue(chunk, out var writer))
                {
                    open[chunk] = writer = new ArrayBufferWriter<byte>();
                }

                held += TeacherPart.Append(writer, position, row.Chain ?? chain, row.Sequence, row.Tokens);
            }

            if (held > MostHeld)
            {
                Flush(folder, open);
                held = 0;
            }
        }

        Flush(folder, open);
        return new TeacherCoverage(count, used, catalogue.Count, covered.LongCount(c => c));
    }

    private static void Flush(string folder, Dictionary<int, ArrayBufferWriter<byte>> open)
    {
        foreach (var (chunk, writer) in open)
        {
            using var file = new FileStream(PathOf(folder, chunk), FileMode.Append, FileAccess.Write, FileShare.None);
            file.Write(writer.WrittenSpan);
        }

        open.Clear();
    }
}

/// <summary>
/// A teacher's tokens for the structures of one chunk. Each record of the file: bytes that follow the hash (int32), their XxHash64,
/// position (int64), lengths of chain, sequence (-1: none) and tokens (int32 each), then the three; little-endian.
/// </summary>
public sealed class TeacherPart
{
    private const int HeadBytes = 12;
    private const int FixedBytes = 20;
    private readonly Dictionary<long, List<Entry>> _entries = [];

    private TeacherPart()
    {
    }

    /// <summary>Reads the part of a chunk; one without a file holds nothing.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; names it.</exception>
    public static TeacherPart Load(string folder, int chunk)
    {
        var path = TeacherParts.PathOf(folder, chunk);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"the tokens of a further teacher are missing: there is no folder {folder}");
        }

        var part = new TeacherPart();
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        for (var at = 0; at < bytes.Length;)
        {
            at += part.Read(bytes.AsSpan(at), path);
        }

        return part;
    }

    /// <summary>The tokens of a chain, as many as residues: those of the first row whose chain is this one (or which names none), whose length
    /// is the chain's, and whose sequence, if it has one, is the chain's but for X. None for any residue where there is no such
    /// row.</summary>
    public ushort[] TokensOf(long position, string chain, string sequence)
    {
        foreach (var entry in _entries.GetValueOrDefault(position) ?? [])
        {
            if ((entry.Chain is null || entry.Chain == chain) && entry.Tokens.Length == sequence.Length
                && (entry.Sequence is null || Same(entry.Sequence, sequence)))
            {
                return entry.Tokens;
            }
        }

        var none = new ushort[sequence.Length];
        Array.Fill(none, TokenRow.NoToken);
        return none;
    }

    /// <summary>Writes a record and returns its bytes.</summary>
    internal static int Append(ArrayBufferWriter<byte> writer, long position, string? chain, string? sequence, ushort[] tokens)
    {
        var (chainBytes, sequenceBytes) = (Encoding.UTF8.GetBytes(chain ?? ""), Encoding.UTF8.GetBytes(sequence ?? ""));
        var body = FixedBytes + chainBytes.Length + sequenceBytes.Length + (sizeof(ushort) * tokens.Length);
        var record = writer.GetSpan(HeadBytes + body)[..(HeadBytes + body)];
        var rest = record[HeadBytes..];
        BinaryPrimitives.WriteInt64LittleEndian(rest, position);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], chain is null ? -1 : chainBytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], sequence is null ? -1 : sequenceBytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[16..], tokens.Length);
        rest = rest[FixedBytes..];
        chainBytes.CopyTo(rest);
        sequenceBytes.CopyTo(rest[chainBytes.Length..]);
        MemoryMarshal.AsBytes(tokens.AsSpan()).CopyTo(rest[(chainBytes.Length + sequenceBytes.Length)..]);
        BinaryPrimitives.WriteInt32LittleEndian(record, body);
        BinaryPrimitives.WriteUInt64LittleEndian(record[4..], XxHash64.HashToUInt64(record[HeadBytes..]));
        writer.Advance(record.Length);
        return record.Length;
    }

    private int Read(ReadOnlySpan<byte> bytes, string path)
    {
        var length = bytes.Length < HeadBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < FixedBytes || length > bytes.Length - HeadBytes
            || XxHash64.HashToUInt64(bytes.Slice(HeadBytes, length)) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]))
        {
            throw new InvalidDataException($"{path} is damaged; delete {Path.GetDirectoryName(path)} so that it is made again");
        }

        var body = bytes.Slice(HeadBytes, length);
        var position = BinaryPrimitives.ReadInt64LittleEndian(body);
        var chain = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
        var sequence = BinaryPrimitives.ReadInt32LittleEndian(body[12..]);
        var tokens = BinaryPrimitives.ReadInt32LittleEndian(body[16..]);
        body = body[FixedBytes..];
        var entry = new Entry(
            chain < 0 ? null : Encoding.UTF8.GetString(body[..chain]),
            sequence < 0 ? null : Encoding.UTF8.GetString(body.Slice(Math.Max(0, chain), sequence)),
            MemoryMarshal.Cast<byte, ushort>(body.Slice(Math.Max(0, chain) + Math.Max(0, sequence), sizeof(ushort) * tokens)).ToArray());
        if (!_entries.TryGetValue(position, out var entries))
        {
            _entries[position] = entries = [];
        }

        entries.Add(entry);
        return HeadBytes + length;
    }

    private static bool Same(string given, string chain)
    {
        for (var i = 0; i < Math.Min(given.Length, chain.Length); i++)
        {
            var letter = char.ToUpperInvariant(given[i]);
            if (letter != chain[i] && letter != 'X' && chain[i] != 'X')
            {
                return false;
            }
        }

        return given.Length == chain.Length;
    }

    private sealed record Entry(string? Chain, string? Sequence, ushort[] Tokens);
}
