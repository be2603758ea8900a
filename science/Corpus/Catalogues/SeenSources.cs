using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Ism.Corpus;

/// <summary>Finds two entries that name the same bytes, by 128 bits of a hash: 5.8 million entries in about 200 MB, while listing.</summary>
internal sealed class SeenSources
{
    private readonly Dictionary<UInt128, long> _positions = [];
    private byte[] _buffer = new byte[1024];

    /// <summary>Entries added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the entry at position <see cref="Count"/>.</summary>
    /// <exception cref="ArgumentException">The same path and member was added before.</exception>
    public void Add(CatalogueEntry entry)
    {
        var needed = Encoding.UTF8.GetMaxByteCount(entry.Path.Length + (entry.Member?.Length ?? 0)) + 1;
        if (_buffer.Length < needed)
        {
            _buffer = new byte[needed];
        }

        var used = Encoding.UTF8.GetBytes(entry.Path, _buffer);
        if (entry.Member is not null)
        {
            _buffer[used++] = 0;
            used += Encoding.UTF8.GetBytes(entry.Member, _buffer.AsSpan(used));
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer.AsSpan(0, used), hash);
        if (!_positions.TryAdd(MemoryMarshal.Read<UInt128>(hash), Count))
        {
            var member = entry.Member is null ? "" : $" ({entry.Member})";
            throw new ArgumentException(
                $"{entry.Path}{member} is listed twice, at positions {_positions[MemoryMarshal.Read<UInt128>(hash)]} and {Count}; "
                + "list every structure once (overlapping folders or lists?)");
        }

        Count++;
    }
}
