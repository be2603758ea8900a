namespace Ism.Structures;

/// <summary>The twenty standard amino acids in the order that indices, heads and token files use.</summary>
public static class AminoAcids
{
    /// <summary>One-letter codes; the position of a letter is its index (0 to 19).</summary>
    public const string Letters = "ACDEFGHIKLMNPQRSTVWY";

    /// <summary>Index of an unknown amino acid, written X.</summary>
    public const byte Unknown = 20;

    /// <summary>The letter of an index; X for <see cref="Unknown"/> and anything beyond.</summary>
    public static char Letter(byte index) => index < Letters.Length ? Letters[index] : 'X';

    /// <summary>The index of a letter of either case; <see cref="Unknown"/> for any that is not one of the twenty.</summary>
    public static byte Index(char letter)
    {
        var index = Letters.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal);
        return index < 0 ? Unknown : (byte)index;
    }

    /// <summary>Heavy atoms of the side chain beyond C-beta, per index; 0 for glycine, alanine and unknown residues.</summary>
    internal static ReadOnlySpan<byte> AtomsBeyondBeta => [0, 1, 3, 4, 6, 0, 5, 3, 4, 3, 3, 3, 2, 4, 6, 1, 2, 2, 9, 7, 0];
}
