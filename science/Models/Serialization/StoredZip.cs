using System.Buffers.Binary;
using System.Text;

namespace Ism.Models.Serialization;

/// <summary>
/// Writes a zip archive the way torch.save does: every record stored, its data at a multiple of 64 bytes (so that it can be
/// mapped), Zip64 where the archive passes 4 GiB. One record is at most 4 GiB.
/// </summary>
internal sealed class StoredZip(Stream stream)
{
    private const int Alignment = 64;
    private const ushort Utf8Names = 0x0800;
    private const ushort PaddingField = 0x4246; // "FB", the id that torch uses
    private const ushort FirstDosDay = 0x21; // 1 January 1980: the same bytes for the same content
    private readonly List<(byte[] Name, uint Crc, uint Length, long Offset)> _records = [];

    /// <summary>Adds a record of <paramref name="length"/> bytes, which <paramref name="write"/> delivers in pieces.</summary>
    public void Add(string name, long length, Action<Action<ReadOnlySpan<byte>>> write)
    {
        var size = length < uint.MaxValue
            ? (uint)length
            : throw new NotSupportedException($"record {name} has {length} bytes; at most 4 GiB");
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var offset = stream.Position;
        var crc = new Crc32();
        long written = 0;
        stream.Write(LocalHeader(nameBytes, 0, size, offset));
        write(piece =>
        {
            crc.Add(piece);
            written += piece.Length;
            stream.Write(piece);
        });
        if (written != length)
        {
            throw new InvalidOperationException($"record {name} was announced with {length} bytes but got {written}");
        }

        var end = stream.Position;
        stream.Position = offset;
        stream.Write(LocalHeader(nameBytes, crc.Value, size, offset));
        stream.Position = end;
        _records.Add((nameBytes, crc.Value, size, offset));
    }

    public void Add(string name, byte[] content) => Add(name, content.Length, write => write(content));

    /// <summary>Writes the directory. Nothing may be added afterwards.</summary>
    public void Finish()
    {
        var start = stream.Position;
        foreach (var (name, crc, length, offset) in _records)
        {
            WriteDirectoryEntry(name, crc, length, offset);
        }

        var end = stream.Position;
        var needs64 = end >= uint.MaxValue || _records.Count >= ushort.MaxValue;
        if (needs64)
        {
            WriteEnd64(start, end);
        }

        var tail = new Fields(22);
        tail.U32(0x06054b50).U16(0).U16(0);
        var count = needs64 ? ushort.MaxValue : (ushort)_records.Count;
        tail.U16(count).U16(count);
        tail.U32(needs64 ? uint.MaxValue : (uint)(end - start)).U32(needs64 ? uint.MaxValue : (uint)start).U16(0);
        stream.Write(tail.Bytes);
    }

    private static byte[] LocalHeader(byte[] name, uint crc, uint length, long offset)
    {
        const int Fixed = 30, FieldHeader = 4;
        var unpadded = offset + Fixed + name.Length + FieldHeader;
        var padding = (int)((Alignment - (unpadded % Alignment)) % Alignment);
        var header = new Fields(Fixed + name.Length + FieldHeader + padding);
        header.U32(0x04034b50).U16(20).U16(Utf8Names).U16(0).U16(0).U16(FirstDosDay);
        header.U32(crc).U32(length).U32(length).U16((ushort)name.Length).U16((ushort)(FieldHeader + padding));
        header.Raw(name).U16(PaddingField).U16((ushort)padding);
        for (var i = 0; i < padding; i++)
        {
            header.Raw("Z"u8);
        }

        return header.Bytes;
    }

    private void WriteDirectoryEntry(byte[] name, uint crc, uint length, long offset)
    {
        var far = offset >= uint.MaxValue;
        var entry = new Fields(46 + name.Length + (far ? 12 : 0));
        entry.U32(0x02014b50).U16(45).U16((ushort)(far ? 45 : 20)).U16(Utf8Names).U16(0).U16(0).U16(FirstDosDay);
        entry.U32(crc).U32(length).U32(length).U16((ushort)name.Length).U16((ushort)(far ? 12 : 0));
        entry.U16(0).U16(0).U16(0).U32(0).U32(far ? uint.MaxValue : (uint)offset).Raw(name);
        if (far)
        {
            entry.U16(1).U16(8).U64((ulong)offset);
        }

        stream.Write(entry.Bytes);
    }

    private void WriteEnd64(long start, long end)
    {
        var record = new Fields(56 + 20);
        record.U32(0x06064b50).U64(44).U16(45).U16(45).U32(0).U32(0);
        record.U64((ulong)_records.Count).U64((ulong)_records.Count).U64((ulong)(end - start)).U64((ulong)start);
        record.U32(0x07064b50).U32(0).U64((ulong)end).U32(1);
        stream.Write(record.Bytes);
    }

    /// <summary>Little-endian fields one after the other.</summary>
    private sealed class Fields(int size)
    {
        private int _next;

        public byte[] Bytes { get; } = new byte[size];

        public Fields U16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(_next), value);
            _next += 2;
            return this;
        }

        public Fields U32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(_next), value);
            _next += 4;
            return this;
        }

        public Fields U64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(_next), value);
            _next += 8;
            return this;
        }

        public Fields Raw(ReadOnlySpan<byte> value)
        {
            value.CopyTo(Bytes.AsSpan(_next));
            _next += value.Length;
            return this;
        }
    }
}
