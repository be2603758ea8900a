namespace Ism.Structures.Alignments;

/// <summary>Where the residues of a whole sequence are in a chain of which some residues were not seen: the best alignment of the two with free
/// ends (Needleman and Wunsch, J. Mol. Biol. 48, 1970), a match 2, a mismatch -1, a gap -2. X matches anything with 0.</summary>
public static class SequencePlaces
{
    private const int Match = 2;
    private const int Mismatch = -1;
    private const int Gap = -2;

    /// <summary>For each place of <paramref name="whole"/> the place in <paramref name="chain"/>, from 0; -1 where the chain has no such
    /// residue.</summary>
    public static int[] Of(string whole, string chain)
    {
        var places = new int[whole.Length];
        Array.Fill(places, -1);
        if (whole == chain)
        {
            return [.. Enumerable.Range(0, whole.Length)];
        }

        // Best score of the first i letters of the one with the first j of the other; ends cost nothing.
        var best = new int[whole.Length + 1, chain.Length + 1];
        for (var i = 1; i <= whole.Length; i++)
        {
            for (var j = 1; j <= chain.Length; j++)
            {
                best[i, j] = Math.Max(
                    best[i - 1, j - 1] + Score(whole[i - 1], chain[j - 1]),
                    Math.Max(best[i - 1, j] + (j == chain.Length ? 0 : Gap), best[i, j - 1] + (i == whole.Length ? 0 : Gap)));
            }
        }

        for (var (i, j) = (whole.Length, chain.Length); i > 0 && j > 0;)
        {
            if (best[i, j] == best[i - 1, j - 1] + Score(whole[i - 1], chain[j - 1]))
            {
                places[--i] = --j;
            }
            else if (best[i, j] == best[i - 1, j] + (j == chain.Length ? 0 : Gap))
            {
                i--;
            }
            else
            {
                j--;
            }
        }

        return places;
    }

    private static int Score(char a, char b) => a == 'X' || b == 'X' ? 0 : a == b ? Match : Mismatch;
}
