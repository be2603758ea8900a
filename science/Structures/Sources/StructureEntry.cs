namespace Ism.Structures;

/// <summary>One structure of a source: a file, or a member of a tar archive. Equality is by value.</summary>
/// <param name="Path">Full path of the file or archive.</param>
/// <param name="Member">Name inside the archive, or null for a file.</param>
/// <param name="Index">Position of the member among all entries of its archive, from 0; -1 for a file.</param>
/// <param name="Offset">Where the member's bytes begin in a plain .tar; -1 in a compressed archive; 0 for a file.</param>
/// <param name="Length">Bytes as stored; -1 where the source does not tell (a listed file that could not be looked at).</param>
public readonly record struct StructureEntry(string Path, string? Member, int Index, long Offset, long Length)
{
    /// <summary>Short name: that of the file or member without folder and extensions.</summary>
    public string Name => StructureReader.NameOf(Member ?? Path);

    /// <summary>Full name for messages: the path, or "archive.tar!member".</summary>
    public string DisplayName => Member is null ? Path : $"{Path}!{Member}";
}

/// <summary>A source of structures that cannot be listed: missing, unreadable, empty or damaged.</summary>
/// <param name="source">Which source, as it was given.</param>
/// <param name="detail">What is wrong and what to change.</param>
/// <param name="inner">The cause, if another exception was.</param>
public sealed class StructureSourceException(string source, string detail, Exception? inner = null)
    : Exception($"structures from {source}: {detail}", inner)
{
    /// <summary>Which source.</summary>
    public string StructureSource { get; } = source;
}
