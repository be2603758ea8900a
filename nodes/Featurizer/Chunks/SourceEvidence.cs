using Ism.Corpus;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>Tells a structure whose bytes are gone from a storage that is away: only the first is a matter of that structure.</summary>
internal static class SourceEvidence
{
    private const int Looks = 64;

    /// <summary>The refusal of a structure that alone cannot be read, while what lies beside it can.</summary>
    /// <param name="entry">The structure.</param>
    /// <param name="refusal">Why its bytes were not given, the last time.</param>
    /// <param name="position">Its position.</param>
    /// <param name="tries">How often it was tried.</param>
    /// <param name="readMembersOf">Whether another member of an archive was read in this attempt.</param>
    /// <returns>Null when nothing beside it could be read either: then the storage may be away.</returns>
    public static QuarantinedStructure? Judge(
        StructureEntry entry, StructureRefusedException refusal, long position, int tries, Func<string, bool> readMembersOf)
    {
        var access = (StructureAccessException)refusal.InnerException!;
        var evidence = entry switch
        {
            { Member: not null, Offset: >= 0 } when readMembersOf(entry.Path) => "other members of its archive could be read",
            { Member: null, Length: -1 } when access.IsMissing => "it was not there when the catalogue was made either",
            { Member: null } when access.IsMissing && S3Address.Is(entry.Path) => "its storage answered that there is no such object",
            { Member: null } when SiblingIsReadable(entry.Path) => "other files of its folder could be read",
            _ => null,
        };
        return evidence is null ? null : new QuarantinedStructure(
            position, entry.Name, RefusalReason.Unreadable.ToString(),
            $"{entry.DisplayName}: {access.Detail}; tried {tries} times, while {evidence} ({RefusalReason.Unreadable})");
    }

    private static bool SiblingIsReadable(string path)
    {
        try
        {
            return Directory.EnumerateFiles(Path.GetDirectoryName(path)!)
                .Where(sibling => sibling != path && (StructureFiles.IsStructure(sibling) || StructureFiles.IsArchive(sibling)))
                .Take(Looks)
                .Any(IsReadable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsReadable(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return file.ReadByte() >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
