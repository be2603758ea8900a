namespace Ism.Structures;

/// <summary>
/// Lists structures: folders (with all below, archives too), single files, .tar, .tar.gz, .tgz and .tar.zst archives, foldcomp
/// databases (their data file), and lists (.txt, .list: one path a line, relative to the list; "#" begins a comment). Only names of structure files count; formats that
/// cannot be read are listed too, so that they are refused with a reason later.
/// </summary>
public static class StructureSources
{
    /// <summary>
    /// The structures of all sources: sources in the given order, a folder's files in ordinal order of their relative paths, a
    /// list's in its order, an archive's in the archive's order (the one in which it can be read in a single pass). A structure
    /// met twice is given once. The same files give the same sequence on every machine.
    /// </summary>
    /// <exception cref="StructureSourceException">While enumerating: a source is missing, unreadable, damaged or holds no
    /// structure.</exception>
    public static IEnumerable<StructureEntry> List(IEnumerable<string> sources)
    {
        var seen = new HashSet<(string, int)>();
        foreach (var source in sources)
        {
            var any = false;
            foreach (var entry in ListOne(source))
            {
                any = true;
                if (seen.Add((entry.Path, entry.Index)))
                {
                    yield return entry;
                }
            }

            if (!any)
            {
                throw new StructureSourceException(source,
                    $"no structure in it; names of structures end in {StructureFiles.Described}");
            }
        }
    }

    /// <inheritdoc cref="List(IEnumerable{string})"/>
    public static IEnumerable<StructureEntry> List(params string[] sources) => List((IEnumerable<string>)sources);

    private static IEnumerable<StructureEntry> ListOne(string source)
    {
        if (S3Address.Is(source))
        {
            return Objects(source);
        }

        var path = Path.GetFullPath(source);
        return Directory.Exists(path) ? Folder(path)
            : !File.Exists(path) ? throw new StructureSourceException(source, $"no such file or folder: {path}")
            : IsList(path) ? Listed(path)
            : OneFile(path);
    }

    private static List<StructureEntry> Objects(string source)
    {
        try
        {
            var entries = new List<StructureEntry>();
            foreach (var (address, length) in S3Storage.List(S3Address.Parse(source)))
            {
                var path = address.ToString();
                if (StructureFiles.IsArchive(path))
                {
                    entries.AddRange(TarArchive.List(path));
                }
                else if (StructureFiles.IsStructure(path))
                {
                    entries.Add(new StructureEntry(path, null, -1, 0, length));
                }
            }

            return entries;
        }
        catch (Exception e) when (e is StructureAccessException or FormatException)
        {
            throw new StructureSourceException(source, $"cannot be listed: {e.Message}", e);
        }
    }

    private static IEnumerable<StructureEntry> Folder(string root)
    {
        var paths = new List<string>();
        Gather(root, root, paths, []);
        paths.Sort(StringComparer.Ordinal);
        return paths.SelectMany(relative => OneFile(Path.Combine(root, relative)));
    }

    private static IEnumerable<StructureEntry> OneFile(string path) =>
        StructureFiles.IsArchive(path) ? TarArchive.List(path)
        : FoldcompDatabase.Is(path) ? FoldcompDatabase.List(path)
        : [FileEntry(path)];

    private static void Gather(string root, string folder, List<string> paths, HashSet<string> open)
    {
        // Links to folders are followed, but not into a folder that is being listed.
        var real = new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;
        if (!open.Add(real))
        {
            return;
        }

        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo || (entry.LinkTarget is not null && Directory.Exists(entry.FullName)))
                {
                    Gather(root, entry.FullName, paths, open);
                }
                else if (StructureFiles.IsStructure(entry.Name) || StructureFiles.IsArchive(entry.Name)
                    || FoldcompDatabase.Is(entry.FullName))
                {
                    paths.Add(Path.GetRelativePath(root, entry.FullName));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureSourceException(root, $"cannot list {folder}: {e.Message}", e);
        }

        open.Remove(real);
    }

    private static IEnumerable<StructureEntry> Listed(string list)
    {
        var number = 0;
        foreach (var text in ReadLines(list))
        {
            number++;
            var line = text.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var path = S3Address.Is(line) ? line : Path.GetFullPath(line, Path.GetDirectoryName(list)!);
            if (IsList(path))
            {
                throw new StructureSourceException(list,
                    $"line {number} names another list, {path}; give that list as a source of its own");
            }

            // A listed structure that is gone is no fault of the whole list: it is refused when it is read.
            var missing = !S3Address.Is(path) && !Path.Exists(path);
            if (missing && !StructureFiles.IsStructure(path))
            {
                throw new StructureSourceException(list, $"line {number}: no such file or folder: {path}");
            }

            foreach (var entry in missing ? [FileEntry(path)] : ListOne(path))
            {
                yield return entry;
            }
        }
    }

    private static IEnumerable<string> ReadLines(string list)
    {
        try
        {
            return File.ReadLines(list);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureSourceException(list, $"cannot read the list: {e.Message}", e);
        }
    }

    private static StructureEntry FileEntry(string path)
    {
        var info = new FileInfo(path);
        return new StructureEntry(path, null, -1, 0, info.Exists ? info.Length : -1);
    }

    private static bool IsList(string path) =>
        path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".list", StringComparison.OrdinalIgnoreCase);
}
