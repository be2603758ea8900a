namespace Ism.Structures.Alignments;

/// <summary>
/// BLOSUM62 (Henikoff and Henikoff, PNAS 89, 1992) in the order of <see cref="AminoAcids.Letters"/>, and the substitution probabilities that follow
/// from it with the background frequencies of Robinson and Robinson (PNAS 88, 1991): their joint probabilities P_a P_b exp(0.3176 s_ab) add up to 1
/// (Karlin and Altschul, PNAS 87, 1990).
/// </summary>
public static class Blosum62
{
    /// <summary>Amino acids.</summary>
    public const int Size = 20;

    private const double Lambda = 0.3176;

    private static readonly sbyte[] Scores =
    [
        4, 0, -2, -1, -2, 0, -2, -1, -1, -1, -1, -2, -1, -1, -1, 1, 0, 0, -3, -2, // A
        0, 9, -3, -4, -2, -3, -3, -1, -3, -1, -1, -3, -3, -3, -3, -1, -1, -1, -2, -2, // C
        -2, -3, 6, 2, -3, -1, -1, -3, -1, -4, -3, 1, -1, 0, -2, 0, -1, -3, -4, -3, // D
        -1, -4, 2, 5, -3, -2, 0, -3, 1, -3, -2, 0, -1, 2, 0, 0, -1, -2, -3, -2, // E
        -2, -2, -3, -3, 6, -3, -1, 0, -3, 0, 0, -3, -4, -3, -3, -2, -2, -1, 1, 3, // F
        0, -3, -1, -2, -3, 6, -2, -4, -2, -4, -3, 0, -2, -2, -2, 0, -2, -3, -2, -3, // G
        -2, -3, -1, 0, -1, -2, 8, -3, -1, -3, -2, 1, -2, 0, 0, -1, -2, -3, -2, 2, // H
        -1, -1, -3, -3, 0, -4, -3, 4, -3, 2, 1, -3, -3, -3, -3, -2, -1, 3, -3, -1, // I
        -1, -3, -1, 1, -3, -2, -1, -3, 5, -2, -1, 0, -1, 1, 2, 0, -1, -2, -3, -2, // K
        -1, -1, -4, -3, 0, -4, -3, 2, -2, 4, 2, -3, -3, -2, -2, -2, -1, 1, -2, -1, // L
        -1, -1, -3, -2, 0, -3, -2, 1, -1, 2, 5, -2, -2, 0, -1, -1, -1, 1, -1, -1, // M
        -2, -3, 1, 0, -3, 0, 1, -3, 0, -3, -2, 6, -2, 0, 0, 1, 0, -3, -4, -2, // N
        -1, -3, -1, -1, -4, -2, -2, -3, -1, -3, -2, -2, 7, -1, -2, -1, -1, -2, -4, -3, // P
        -1, -3, 0, 2, -3, -2, 0, -3, 1, -2, 0, 0, -1, 5, 1, 0, -1, -2, -2, -1, // Q
        -1, -3, -2, 0, -3, -2, 0, -3, 2, -2, -1, 0, -2, 1, 5, -1, -1, -3, -3, -2, // R
        1, -1, 0, 0, -2, 0, -1, -2, 0, -2, -1, 1, -1, 0, -1, 4, 1, -2, -3, -2, // S
        0, -1, -1, -1, -2, -2, -2, -1, -1, -1, -1, 0, -1, -1, -1, 1, 5, 0, -2, -2, // T
        0, -1, -3, -2, -1, -3, -3, 3, -2, 1, 1, -3, -2, -2, -3, -2, 0, 4, -3, -1, // V
        -3, -2, -4, -3, 1, -2, -2, -3, -3, -2, -1, -4, -4, -2, -3, -3, -2, -3, 11, 2, // W
        -2, -2, -3, -2, 3, -3, 2, -1, -2, -1, -1, -2, -3, -1, -2, -2, -2, -1, 2, 7, // Y
    ];

    private static readonly double[] Frequencies =
    [
        0.07805, 0.01925, 0.05364, 0.06295, 0.03856, 0.07377, 0.02199, 0.05142, 0.05744, 0.09019,
        0.02243, 0.04487, 0.05203, 0.04264, 0.05129, 0.0712, 0.05841, 0.06441, 0.0133, 0.03216,
    ];

    private static readonly double[] Substitutions = MakeSubstitutions();

    /// <summary>Background frequency of an amino acid.</summary>
    public static double Background(int a) => Frequencies[a];

    /// <summary>Score of a pair, in half bits.</summary>
    public static int Score(int a, int b) => Scores[(a * Size) + b];

    /// <summary>Probability that b is found replaced by a (or kept): proportional to P_a exp(0.3176 s_ab), 1 in sum over a.</summary>
    public static double Substitution(int a, int b) => Substitutions[(a * Size) + b];

    private static double[] MakeSubstitutions()
    {
        var made = new double[Size * Size];
        for (var b = 0; b < Size; b++)
        {
            var sum = 0.0;
            for (var a = 0; a < Size; a++)
            {
                sum += made[(a * Size) + b] = Frequencies[a] * Math.Exp(Lambda * Score(a, b));
            }

            for (var a = 0; a < Size; a++)
            {
                made[(a * Size) + b] /= sum;
            }
        }

        return made;
    }
}
