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
    /// <param name="entries">What is read.</param>
    /// <param name="options">Limits.</param>
    /// <param name="watch">Told what is under way; what it throws (<see cref="OperationCanceledException"/>) ends the batch.</param>
    public static IEnumerable<StructureResult> Read(
        IReadOnlyList<StructureEntry> entries, StructureReaderOptions options, IReadingWatch? watch = null) =>
        Open(entries, options.MaxFileBytes, (entry, content) =>
            StructureReader.Read(
                watch is null ? content : new LoadedStream(content, () => watch.Loaded(entry)),
                entry.Member ?? entry.Path,
                entry.DisplayName,
                options), watch)
            .Select(item => new StructureResult(item.Entry, item.Value, item.Refusal));

    /// <summary>Yields every entry once with what <paramref name="use"/> made of its bytes as stored, or with its refusal. The
    /// stream is valid during the call alone.</summary>
    public static IEnumerable<(StructureEntry Entry, T? Value, StructureRefusedException? Refusal)> Open<T>(
        IReadOnlyList<StructureEntry> entries, long maxFileBytes, Func<StructureEntry, Stream, T> use, IReadingWatch? watch = null)
        where T : class
    {
        foreach (var group in entries.GroupBy(entry => entry.Path, StringComparer.Ordinal))
        {
            var batch = group.OrderBy(entry => entry.Index).ToList();
            var results = batch[0].Member is null ? batch.Select(entry => FromFile(entry, maxFileBytes, use, watch))
                : batch.TrueForAll(entry => entry.Offset >= 0) ? FromPlainTar(batch, maxFileBytes, use, watch)
                : FromCompressedTar(batch, maxFileBytes, use, watch);
            foreach (var result in results)
            {
                yield return result;
            }
        }
    }

    private static (StructureEntry, T?, StructureRefusedException?) FromFile<T>(
        StructureEntry entry, long maxFileBytes, Func<StructureEntry, Stream, T> use, IReadingWatch? watch)
        where T : class =>
        Guard(entry, maxFileBytes, watch, () =>
        {
            using var stream = SourceFile.Open(entry.Path);
            return use(entry, stream);
        });

    private static IEnumerable<(StructureEntry, T?, StructureRefusedException?)> FromPlainTar<T>(
        List<StructureEntry> batch, long maxFileBytes, Func<StructureEntry, Stream, T> use, IReadingWatch? watch)
        where T : class
    {
        SourceFile? archive = null;
        try
        {
            foreach (var entry in batch)
            {
                yield return Guard(entry, maxFileBytes, watch, () =>
                {
                    archive ??= SourceFile.Open(entry.Path);
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
        List<StructureEntry> batch, long maxFileBytes, Func<StructureEntry, Stream, T> use, IReadingWatch? watch)
        where T : class
    {
        TarArchive.Walk? walk = null;
        var done = 0;
        Exception? cause = null;
        try
        {
            watch?.Seeking(batch[0]);
            try
            {
                walk = TarArchive.Open(batch[0].Path);
            }
            catch (IOException e)
            {
                cause = e;
            }

            while (walk is not null && done < batch.Count && walk.Next())
            {
                if (walk.Index != batch[done].Index)
                {
                    watch?.Seeking(batch[done]);
                    continue;
                }

                var entry = batch[done++];
                yield return Guard(entry, maxFileBytes, watch, () => walk.Current.Name == entry.Member
                    ? use(entry, walk.Current.DataStream ?? Stream.Null)
                    : throw new StructureRefusedException(RefusalReason.Unreadable, entry.DisplayName, 0,
                        $"the archive has changed: entry {entry.Index} is now {walk.Current.Name}"));
                if (done < batch.Count)
                {
                    watch?.Seeking(batch[done]);
                }
            }

            cause ??= walk?.Fault;
        }
        finally
        {
            walk?.Dispose();
        }

        for (; done < batch.Count; done++)
        {
            yield return (batch[done], null, new StructureRefusedException(RefusalReason.Unreadable, batch[done].DisplayName, 0,
                $"the archive cannot be read up to this member: {cause?.Message ?? "it has fewer entries than when it was listed"}",
                cause));
        }
    }

    private static (StructureEntry, T?, StructureRefusedException?) Guard<T>(StructureEntry entry, long maxFileBytes,
        IReadingWatch? watch, Func<T> read)
        where T : class
    {
        watch?.Seeking(entry);
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
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect of reading that this structure brings to light; it must not cost the others of the batch.
            return (entry, null, new StructureRefusedException(
                RefusalReason.Crashed, entry.DisplayName, 0, $"reading it failed with {e.GetType().Name}: {e.Message}", e));
        }
    }
}

/// <summary>One entry of a batch: its structure, or why it cannot be used; never both, never neither.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Structure">The structure, or null.</param>
/// <param name="Refusal">The refusal, or null.</param>
public readonly record struct StructureResult(StructureEntry Entry, Structure? Structure, StructureRefusedException? Refusal);
