namespace Ism.Structures;

/// <summary>Reads PDB, mmCIF, BinaryCIF and foldcomp files, plain or compressed with gzip or zstd. Safe to call from many threads.</summary>
public static class StructureReader
{
    [ThreadStatic]
    private static RawStructure? s_raw;

    [ThreadStatic]
    private static StructureAssembly? s_assembly;

    /// <summary>Reads one structure.</summary>
    /// <param name="stream">The file's bytes; read to the end, not disposed.</param>
    /// <param name="fileName">Its name, for <see cref="Structure.Name"/>, AlphaFold DB names and messages. The content decides
    /// the format and the compression.</param>
    /// <param name="options">Limits.</param>
    /// <exception cref="StructureRefusedException">The file cannot be used; says why and where.</exception>
    public static Structure Read(Stream stream, string fileName, StructureReaderOptions? options = null)
    {
        return Read(stream, fileName, fileName, options ?? StructureReaderOptions.Default);
    }

    /// <summary>The same for a member of an archive, whose messages name the archive too.</summary>
    internal static Structure Read(Stream stream, string fileName, string displayName, StructureReaderOptions options)
    {
        using var content = StructureContent.Load(stream, displayName, options);
        return Parse(content.Span, fileName, displayName, options);
    }

    /// <summary>Reads one structure from a file.</summary>
    /// <exception cref="StructureRefusedException">The file cannot be opened or used.</exception>
    public static Structure ReadFile(string path, StructureReaderOptions? options = null)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return Read(stream, path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StructureRefusedException(RefusalReason.Unreadable, path, 0, e.Message, e);
        }
    }

    /// <summary>The name of a structure: its file's, without folder and without the extensions of formats and
    /// compressions.</summary>
    public static string NameOf(string fileName)
    {
        var name = Path.GetFileName(fileName);
        foreach (var extension in (ReadOnlySpan<string>)[".gz", ".zst"])
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                name = name[..^extension.Length];
            }
        }

        return StructureFiles.HasStructureExtension(name) ? Path.GetFileNameWithoutExtension(name) : name;
    }

    private static Structure Parse(ReadOnlySpan<byte> content, string fileName, string displayName,
        StructureReaderOptions options) => Assemble(ParseRaw(content, fileName, displayName, options), fileName);

    /// <summary>Content to raw atoms; they are this thread's until it parses again.</summary>
    internal static RawStructure ParseRaw(
        ReadOnlySpan<byte> content, string fileName, string displayName, StructureReaderOptions options)
    {
        var format = FormatSniffer.Detect(content, displayName);
        if (content.StartsWith("\uFEFF"u8))
        {
            content = content[3..];
        }

        var raw = s_raw ??= new RawStructure();
        raw.Reset(displayName, fileName, options);
        switch (format)
        {
            case StructureFormat.Mmcif:
                CifParser.Parse(content, raw);
                break;
            case StructureFormat.BinaryCif:
                BinaryCifParser.Parse(content, raw);
                break;
            case StructureFormat.Foldcomp:
                FoldcompParser.Parse(content, raw);
                break;
            default:
                PdbParser.Parse(content, raw);
                break;
        }

        return raw;
    }

    /// <summary>Cleans what was parsed.</summary>
    internal static Structure Assemble(RawStructure raw, string fileName) =>
        (s_assembly ??= new StructureAssembly()).Build(raw, NameOf(fileName));
}
