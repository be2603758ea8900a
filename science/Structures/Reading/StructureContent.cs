using System.Buffers;
using System.IO.Compression;

namespace Ism.Structures;

/// <summary>A file's bytes, decompressed by what the first bytes are and not by the name, in a pooled array.</summary>
internal sealed class StructureContent : IDisposable
{
    private byte[] _bytes;
    private int _length;
    private int _consumed;

    private StructureContent(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Reads and decompresses a whole stream. gzip (several members too) and zstd are known.</summary>
    /// <exception cref="StructureRefusedException">Too large, a damaged or cut compressed stream, or another
    /// compression.</exception>
    public static StructureContent Load(Stream stream, string file, StructureReaderOptions options)
    {
        var stored = Fill(stream, file, options.MaxFileBytes, nameof(options.MaxFileBytes), 1 << 16);
        try
        {
            var magic = stored.Span;
            if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            {
                using var gzip = new GZipStream(stored.AsStream(), CompressionMode.Decompress);
                var content = Decompress(gzip, stored, file, "gzip", options);
                if (!GzipTrailer.Matches(stored.Span, content.Span))
                {
                    content.Dispose();
                    throw new StructureRefusedException(RefusalReason.Truncated, file, 0,
                        "the gzip stream is cut off before its trailer");
                }

                return content;
            }

            if (magic.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            {
                using var zstd = new ZstdSharp.DecompressionStream(stored.AsStream(), leaveOpen: true);
                return Decompress(zstd, stored, file, "zstd", options);
            }

            var other = magic.StartsWith("BZh"u8) ? "bzip2" : magic.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58])
                ? "xz"
                : magic.StartsWith("PK\u0003\u0004"u8) ? "zip" : null;
            if (other is not null)
            {
                throw new StructureRefusedException(RefusalReason.UnsupportedFormat, file, 0,
                    $"compressed with {other}; read are plain files, gzip and zstd");
            }

            var whole = stored;
            stored = null;
            return whole;
        }
        finally
        {
            stored?.Dispose();
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private static StructureContent Decompress(Stream stream, StructureContent stored, string file, string kind,
        StructureReaderOptions options)
    {
        try
        {
            return Fill(stream, file, options.MaxContentBytes, nameof(options.MaxContentBytes),
                (int)Math.Min(stored._length * 5L, 1 << 26));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdSharp.ZstdException or IOException)
        {
            // Neither library tells a cut stream from a corrupt one by type; a cut one has used up all its input.
            var cut = stored._consumed >= stored._length;
            throw new StructureRefusedException(cut ? RefusalReason.Truncated : RefusalReason.Damaged, file, 0,
                $"the {kind} stream is {(cut ? "cut off" : "corrupt")} ({e.Message})", e);
        }
    }

    private static StructureContent Fill(Stream stream, string file, long limit, string setting, int guess)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(guess, 4096));
        var length = 0;
        try
        {
            while (true)
            {
                if (length == bytes.Length)
                {
                    // One byte over the limit is enough to know that it is exceeded.
                    var wanted = Math.Min(2L * bytes.Length, Math.Max(limit, length) + 1);
                    var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
                    bytes.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(bytes);
                    bytes = larger;
                }

                var read = stream.Read(bytes, length, bytes.Length - length);
                if (read == 0)
                {
                    return new StructureContent(bytes, length);
                }

                length += read;
                if (length > limit || length == Array.MaxLength)
                {
                    throw new StructureRefusedException(RefusalReason.TooLarge, file, 0, $"more than {limit} bytes ({setting})");
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    private CountingStream AsStream() => new(this);

    private sealed class CountingStream(StructureContent content)
        : MemoryStream(content._bytes, 0, content._length, writable: false)
    {
        public override int Read(byte[] buffer, int offset, int count) => Count(base.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Count(base.Read(buffer));

        private int Count(int read)
        {
            content._consumed = (int)Position;
            return read;
        }
    }
}
