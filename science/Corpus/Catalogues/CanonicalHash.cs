using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ism.Corpus;

/// <summary>
/// SHA-256 over a sequence of typed values, each in one unambiguous form (integers little endian, bytes after their length), so
/// that equal content has an equal name on every machine. Small values are gathered first: millions of them must hash at full
/// speed.
/// </summary>
internal sealed class CanonicalHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _used;

    /// <summary>Adds an integer as 8 bytes.</summary>
    public void Add(long value)
    {
        if (_buffer.Length - _used < sizeof(long))
        {
            Flush();
        }

        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_used), value);
        _used += sizeof(long);
    }

    /// <summary>Adds bytes after their length. Null is told from empty by a length of -1.</summary>
    public void AddText(ReadOnlySpan<byte> utf8, bool isNull = false) => AddText(utf8, [], isNull);

    /// <summary>Adds the concatenation of two byte strings after its length.</summary>
    public void AddText(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isNull = false)
    {
        Add(isNull ? -1 : first.Length + second.Length);
        AddRaw(first);
        AddRaw(second);
    }

    /// <summary>The hash as 64 lower-case hexadecimal digits.</summary>
    public string Finish()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void AddRaw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _used)
        {
            Flush();
            if (bytes.Length > _buffer.Length)
            {
                _hash.AppendData(bytes);
                return;
            }
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Flush()
    {
        _hash.AppendData(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
