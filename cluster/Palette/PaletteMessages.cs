namespace Ism.Cluster.Palette;

/// <summary>A command to the palette's actor, which answers with one or more <see cref="PaletteLine"/>, the last one marked. It never
/// leaves the process.</summary>
/// <param name="Verb">Name of the command.</param>
/// <param name="Switches">Switches with their values, as they were typed.</param>
/// <param name="By">Who asks, for the log.</param>
public sealed record PaletteCommand(string Verb, IReadOnlyList<KeyValuePair<string, string>> Switches, string By);

/// <summary>A line of an answer.</summary>
/// <param name="Text">For a person.</param>
/// <param name="IsLast">No more comes.</param>
/// <param name="IsError">The command was refused or failed; the text says why.</param>
public sealed record PaletteLine(string Text, bool IsLast, bool IsError);
