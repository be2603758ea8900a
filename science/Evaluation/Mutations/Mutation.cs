using System.Globalization;
using Ism.Structures;

namespace Ism.Evaluation.Mutations;

/// <summary>A substitution: one-letter codes and the place in the sequence, from 1.</summary>
public readonly record struct Mutation(char WildType, int Place, char Mutant)
{
    private static readonly char[] Separators = [':', ';', '+', '/'];

    /// <summary>Reads "A12G", or several with ':', ';', '+' or '/' between.</summary>
    /// <exception cref="FormatException">Something else, or no standard amino acid.</exception>
    public static IReadOnlyList<Mutation> Parse(string text)
    {
        var parts = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length > 0
            ? Array.ConvertAll(parts, One)
            : throw new FormatException($"'{text}' names no mutation; one is written A12G");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{WildType}{Place}{Mutant}");

    private static Mutation One(string text) =>
        text.Length >= 3 && AminoAcids.Index(text[0]) != AminoAcids.Unknown && AminoAcids.Index(text[^1]) != AminoAcids.Unknown
            && int.TryParse(text.AsSpan(1, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place > 0
            ? new Mutation(char.ToUpperInvariant(text[0]), place, char.ToUpperInvariant(text[^1]))
            : throw new FormatException($"'{text}' is no mutation; one is written A12G: wild type, place in the sequence from 1, mutant");
}
