namespace Ism.Structures.Alignments;

/// <summary>A file of aligned sequences cannot be used; the message names file, line, what stands there and what to change.</summary>
public sealed class AlignmentFormatException(string path, int line, string problem, Exception? inner = null)
    : FormatException(line > 0 ? $"{path}:{line}: {problem}" : $"{path}: {problem}", inner);
