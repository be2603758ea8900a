namespace Ism.Structures;

/// <summary>
/// Reads the structures of a batch of entries, a chunk: files one by one, members of a plain .tar by seeking, members of a
/// compressed archive in one forward pass. Nothing is unpacked to disk, and of an archive only one member is in memory at a time.
/// </summary>
public static class StructureBatch
{
    /// <summary>
    /// Yields every entry once, with its structure or with why it cannot be used; no entry ends the batch. Entries come file by
    /// file in the order in which their files first appear, members of one archive in the archive's order: for entries as
    /// <see cref="StructureSources.List(IEnumerable{string})"/> gives them, the order given.
    /// </summary>
    public static IEnumerable<StructureResult> Read(IReadOnlyList<StructureEntry> entries, StructureReaderOptions options) =>
        Open(entries, options.MaxFileBytes, (entry, content) =>
            StructureReader.Read(content, entry.Member ?? entry.Path, entry.DisplayName, options))
            .Select(item => new StructureResult(item.Entry, item.Value, item.Refusal));

    /// <summary>Yields every entry once with what <paramref name="use"/> made of its bytes as stored, or with its refusal. The
    /// stream is valid during the call alone.</summary>
    public static IEnumerable<(StructureEntry Entry, T? Value, StructureRefusedException? Refusal)> Open<T>(
        IReadOnlyList<StructureEntry> entries, long maxFileBytes, Func<StructureEntry, Stream, T> use)
        where T : class
    {
        foreach (var group in entries.GroupBy(entry => entry.Path, StringComparer.Ordinal))
        {
            var batch = group.OrderBy(entry => entry.Index).ToList();
            var results = batch[0].Member is null ? batch.Select(entry => FromFile(entry, maxFileBytes, use))
                : batch.TrueForAll(entry => entry.Offset >= 0) ? FromPlainTar(batch, maxFileBytes, use)
                : FromCompressedTar(batch, maxFileBytes, use);
            foreach (var result in results)
            {
                yield return result;
            }
        }
    }

    private static (StructureEntry, T?, StructureRefusedException?) FromFile<T>(
        StructureEntry entry, long maxFileBytes, Func<StructureEntry, Stream, T> use)
        where T : class =>
        Guard(entry, maxFileBytes, () =>
        {
            using var stream = new FileStream(entry.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return use(entry, stream);
        });

    private static IEnumerable<(StructureEntry, T?, StructureRefusedException?)> FromPlainTar<T>(
        List<StructureEntry> batch, long maxFileBytes, Func<StructureEntry, Stream, T> use)
        where T : class
    {
        FileStream? archive = null;
        try
        {
            foreach (var entry in batch)
            {
                yield return Guard(entry, maxFileBytes, () =>
                {
                    archive ??= new FileStream(entry.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                    if (entry.Offset + entry.Length > archive.Length)
                    {
                        throw new StructureRefusedException(RefusalReason.Truncated, entry.DisplayName, 0,
                            $"the archive ends at byte {archive.Length}, inside this member");
                    }

                    archive.Position = entry.Offset;
                    using var member = new MemberStream(archive, entry.Length);
                    return use(entry, member);
                });
            }
        }
        finally
        {
            archive?.Dispose();
        }
    }

    private static IEnumerable<(StructureEntry, T?, StructureRefusedException?)> FromCompressedTar<T>(
        List<StructureEntry> batch, long maxFileBytes, Func<StructureEntry, Stream, T> use)
        where T : class
    {
        TarArchive.Walk? walk = null;
        var done = 0;
        var fault = "it has fewer entries than when it was listed";
        try
        {
            try
            {
                walk = TarArchive.Open(batch[0].Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                fault = e.Message;
            }

            while (walk is not null && done < batch.Count && walk.Next())
            {
                if (walk.Index != batch[done].Index)
                {
                    continue;
                }

                var entry = batch[done++];
                yield return Guard(entry, maxFileBytes, () => walk.Current.Name == entry.Member
                    ? use(entry, walk.Current.DataStream ?? Stream.Null)
                    : throw new StructureRefusedException(RefusalReason.Unreadable, entry.DisplayName, 0,
                        $"the archive has changed: entry {entry.Index} is now {walk.Current.Name}"));
            }

            fault = walk?.Fault?.Message ?? fault;
        }
        finally
        {
            walk?.Dispose();
        }

        for (; done < batch.Count; done++)
        {
            yield return (batch[done], null, new StructureRefusedException(RefusalReason.Unreadable, batch[done].DisplayName, 0,
                $"the archive cannot be read up to this member: {fault}"));
        }
    }

    private static (StructureEntry, T?, StructureRefusedException?) Guard<T>(StructureEntry entry, long maxFileBytes,
        Func<T> read)
        where T : class
    {
        try
        {
            return entry.Length > maxFileBytes
                ? (entry, null, new StructureRefusedException(RefusalReason.TooLarge, entry.DisplayName, 0,
                    $"{entry.Length} bytes, more than {maxFileBytes} (MaxFileBytes)"))
                : (entry, read(), null);
        }
        catch (StructureRefusedException refusal)
        {
            return (entry, null, refusal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return (entry, null, new StructureRefusedException(RefusalReason.Unreadable, entry.DisplayName, 0, e.Message, e));
        }
    }

    // The bytes of one member of a plain archive.
    private sealed class MemberStream(FileStream archive, long length) : Stream
    {
        private readonly long _length = length;
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => _length;

        public override long Position
        {
            get => _length - _left;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = archive.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>One entry of a batch: its structure, or why it cannot be used; never both, never neither.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Structure">The structure, or null.</param>
/// <param name="Refusal">The refusal, or null.</param>
public readonly record struct StructureResult(StructureEntry Entry, Structure? Structure, StructureRefusedException? Refusal);
