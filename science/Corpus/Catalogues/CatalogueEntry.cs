namespace Ism.Corpus;

/// <summary>
/// Where one structure lies. Two entries are equal when all fields are; <see cref="Path"/> and <see cref="Member"/> together say
/// which bytes are read and are unique in a catalogue.
/// </summary>
/// <param name="Path">A structure file, or the archive that holds it.</param>
/// <param name="Member">Name inside the archive; null for a plain file.</param>
/// <param name="Offset">First byte inside the (uncompressed) archive; 0 for a plain file.</param>
/// <param name="Length">Bytes as stored.</param>
/// <param name="Name">What reports and token files call the structure, e.g. "AF-P12345-F1".</param>
public sealed record CatalogueEntry(string Path, string? Member, long Offset, long Length, string Name);
