using System.Formats.Tar;
using System.IO.Compression;

namespace Ism.Structures;

/// <summary>Reads tar archives as streams, plain or compressed (gzip, zstd; told by content): one forward pass, never
/// unpacked.</summary>
internal static class TarArchive
{
    /// <summary>The structure files of an archive in its order.</summary>
    /// <exception cref="StructureSourceException">The archive cannot be read, is damaged or cut off.</exception>
    public static IEnumerable<StructureEntry> List(string path)
    {
        using var walk = OpenOrThrow(path);
        while (walk.Next())
        {
            if (walk.IsStructure)
            {
                yield return new StructureEntry(path, walk.Current.Name, walk.Index, walk.Offset, walk.Current.Length);
            }
        }

        if (walk.Fault is { } fault)
        {
            throw new StructureSourceException(path,
                $"the archive is damaged or cut off after {walk.Index} entries: {fault.Message}", fault);
        }
    }

    /// <summary>Opens an archive for a forward pass.</summary>
    /// <exception cref="StructureAccessException">It cannot be opened.</exception>
    public static Walk Open(string path)
    {
        var file = SourceFile.Open(path, bufferSize: 1 << 16, FileOptions.SequentialScan);
        try
        {
            Span<byte> magic = stackalloc byte[4];
            var read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            file.Position = 0;
            Stream stream = file;
            if (read == 4 && magic[0] == 0x1F && magic[1] == 0x8B)
            {
                stream = new BufferedStream(new GZipStream(file, CompressionMode.Decompress), 1 << 16);
            }
            else if (magic.SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            {
                stream = new BufferedStream(new ZstdSharp.DecompressionStream(file, leaveOpen: false), 1 << 16);
            }

            return new Walk(stream, compressed: !ReferenceEquals(stream, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Walk OpenOrThrow(string path)
    {
        try
        {
            return Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureSourceException(path, $"cannot open the archive: {e.Message}", e);
        }
    }

    /// <summary>A forward pass over the entries of one archive.</summary>
    public sealed class Walk(Stream stream, bool compressed) : IDisposable
    {
        private readonly EndTracking _tracked = new(stream);
        private TarReader? _reader;

        /// <summary>Position of the current entry, from 0.</summary>
        public int Index { get; private set; } = -1;

        /// <summary>The current entry.</summary>
        public TarEntry Current { get; private set; } = null!;

        /// <summary>Where the current entry's data begins in a plain archive, else -1.</summary>
        public long Offset => compressed ? -1 : Current.DataOffset;

        /// <summary>What ended the pass early, or null.</summary>
        public Exception? Fault { get; private set; }

        /// <summary>Whether the current entry is a file with the name of a structure.</summary>
        public bool IsStructure =>
            Current.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile
            && StructureFiles.IsStructure(Current.Name) && !IsResourceFork(Current.Name);

        /// <summary>Moves on; false at the end or at a fault.</summary>
        public bool Next()
        {
            try
            {
                _reader ??= new TarReader(_tracked, leaveOpen: true);
                if (_reader.GetNextEntry(copyData: false) is { } entry)
                {
                    Current = entry;
                    Index++;
                    return true;
                }

                if (_tracked.Ended)
                {
                    Fault = new EndOfStreamException("it ends without the zero block that closes a tar archive");
                }
            }
            catch (Exception e) when (IsFault(e))
            {
                Fault = e;
            }

            return false;
        }

        public void Dispose()
        {
            _reader?.Dispose();
            stream.Dispose();
        }

        // What the tar reader and the decompressors throw on bytes that are not theirs.
        private static bool IsFault(Exception e) => e is IOException or InvalidDataException or FormatException
            or NotSupportedException
            or ArgumentException or OverflowException or InvalidOperationException or ZstdSharp.ZstdException;

        // macOS's tar adds "._name" entries with file attributes.
        private static bool IsResourceFork(string name) => Path.GetFileName(name).StartsWith("._", StringComparison.Ordinal);
    }

    // A tar archive closes with zero blocks, at which its reader stops; reading on until there is nothing means they are missing.
    private sealed class EndTracking(Stream inner) : Stream
    {
        public bool Ended { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            Ended |= read == 0 && buffer.Length > 0;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
