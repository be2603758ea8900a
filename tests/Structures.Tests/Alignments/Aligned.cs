using Ism.Structures.Alignments;

namespace Ism.Structures.Tests.Alignments;

/// <summary>Alignments written down, a letter a column.</summary>
internal static class Aligned
{
    public static SequenceAlignment Of(params string[] rows) => new([.. rows.Select(row => row.Select(
        letter => letter == '-' ? SequenceAlignment.Gap : AminoAcids.Index(letter)).ToArray())]);
}
