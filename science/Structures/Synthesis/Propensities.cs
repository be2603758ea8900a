using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>
/// Which amino acids stand where: the background frequency of UniProtKB, times the conformational parameter of Chou and Fasman
/// (1978) for the state to the third power, times a Boltzmann factor of burial and hydropathy (Kyte and Doolittle 1982);
/// disordered residues follow the TOP-IDP scale (Campen et al. 2008). Sharper than nature, so that a small model can learn it.
/// Arrays are in the order "ACDEFGHIKLMNPQRSTVWY".
/// </summary>
internal static class Propensities
{
    private const int Glycine = 5, Asparagine = 11, Proline = 12, Aspartate = 2;

    private static readonly double[] Background =
        [8.25, 1.38, 5.46, 6.72, 3.86, 7.07, 2.27, 5.91, 5.80, 9.65, 2.41, 4.06, 4.74, 3.93, 5.53, 6.65, 5.36, 6.86, 1.10, 2.92];

    private static readonly double[] Helix =
        [1.42, 0.70, 1.01, 1.51, 1.13, 0.57, 1.00, 1.08, 1.16, 1.21, 1.45, 0.67, 0.57, 1.11, 0.98, 0.77, 0.83, 1.06, 1.08, 0.69];

    private static readonly double[] Strand =
        [0.83, 1.19, 0.54, 0.37, 1.38, 0.75, 0.87, 1.60, 0.74, 1.30, 1.05, 0.89, 0.55, 1.10, 0.93, 0.75, 1.19, 1.70, 1.37, 1.47];

    private static readonly double[] Turn =
        [0.66, 1.19, 1.46, 0.74, 0.60, 1.56, 0.95, 0.47, 1.01, 0.59, 0.60, 1.56, 1.52, 0.98, 0.95, 1.43, 0.96, 0.50, 0.96, 1.14];

    private static readonly double[] Hydropathy =
        [1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8, 1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3];

    private static readonly double[] Disorder =
        [0.060, 0.020, 0.192, 0.736, -0.697, 0.166, 0.303, -0.486, 0.586, -0.326,
            -0.397, 0.007, 0.987, 0.318, 0.180, 0.341, 0.059, -0.121, -0.884, -0.510];

    /// <summary>Draws an amino acid's index for a place in a fold.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="state">Secondary structure.</param>
    /// <param name="burial">0 (exposed) to 1 (buried).</param>
    /// <param name="phi">Backbone torsion in degrees: positive ones suit glycine.</param>
    /// <param name="prolineFits">Whether the backbone before and at this place has room for a proline ring.</param>
    public static int Draw(ref CounterRandom random, SecondaryState state, double burial, double phi, bool prolineFits)
    {
        Span<double> weights = stackalloc double[Background.Length];
        var total = 0.0;
        for (var index = 0; index < weights.Length; index++)
        {
            var weight = Background[index] * state switch
            {
                SecondaryState.Helix => Cube(Helix[index]) * Hydrophobic(index, burial),
                SecondaryState.Strand => Cube(Strand[index]) * Hydrophobic(index, burial),
                SecondaryState.Loop => Cube(Turn[index]) * Hydrophobic(index, burial),
                _ => Math.Exp(2 * Disorder[index]),
            };
            weight *= index == Proline && !prolineFits ? 0 : phi <= 0 ? 1 : index switch
            {
                Glycine => 12,
                Asparagine => 3,
                Aspartate => 1,
                _ => 0.15,
            };
            weights[index] = total += weight;
        }

        var draw = random.NextDouble() * total;
        var chosen = 0;
        while (weights[chosen] <= draw)
        {
            chosen++;
        }

        return chosen;
    }

    private static double Hydrophobic(int index, double burial) => Math.Exp(0.4 * Hydropathy[index] * ((2 * burial) - 1));

    private static double Cube(double value) => value * value * value;
}
