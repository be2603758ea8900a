namespace Ism.Structures;

/// <summary>Which file names stand for structures.</summary>
public static class StructureFiles
{
    // MMTF cannot be read; it is listed all the same, so that it is refused with a reason and not overlooked.
    private static readonly string[] Extensions = [".pdb", ".ent", ".cif", ".mmcif", ".bcif", ".mmtf", ".fcz"];

    private static readonly string[] ArchiveExtensions = [".tar", ".tar.gz", ".tgz", ".tar.zst"];

    /// <summary>The extensions, for messages.</summary>
    internal static string Described => string.Join(' ', Extensions) + " (also with .gz or .zst)";

    /// <summary>Whether the name ends as a tar archive, perhaps compressed.</summary>
    public static bool IsArchive(string name) =>
        Array.Exists(ArchiveExtensions, extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the name ends as a structure file, perhaps with .gz or .zst behind.</summary>
    public static bool IsStructure(string name)
    {
        var compressed = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? 3
            : name.EndsWith(".zst", StringComparison.OrdinalIgnoreCase) ? 4 : 0;
        return HasStructureExtension(name.AsSpan(0, name.Length - compressed));
    }

    /// <summary>Whether the name ends as an uncompressed structure file.</summary>
    internal static bool HasStructureExtension(ReadOnlySpan<char> name)
    {
        foreach (var extension in Extensions)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
