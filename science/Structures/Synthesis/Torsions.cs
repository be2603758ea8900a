using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>Backbone torsions of one residue in degrees; <see cref="Omega"/> is that of the bond before the residue.</summary>
internal readonly record struct Torsions(float Phi, float Psi, float Omega)
{
    // Centres of the well-populated regions of the Ramachandran plot, with their weights in loops.
    private static readonly (float Phi, float Psi, float Spread, double Weight)[] LoopRegions =
        [(-66, -38, 8, 0.30), (-120, 132, 12, 0.25), (-68, 143, 9, 0.27), (-92, -2, 9, 0.08), (58, 38, 6, 0.10)];

    /// <summary>The two middle residues of the tight turns that join antiparallel strands (types I' and II').</summary>
    private static readonly (float Phi, float Psi)[][] HairpinTurns = [[(57, 36), (84, 4)], [(60, -125), (-84, 2)]];

    /// <summary>Draws the torsions of a residue in a state.</summary>
    public static Torsions Draw(ref CounterRandom random, SecondaryState state) => state switch
    {
        SecondaryState.Helix => Around(ref random, -63, -42, 2.5f),
        SecondaryState.Strand => Around(ref random, -116, 134, 7),
        SecondaryState.Disordered => random.NextDouble() < 0.6 ? Around(ref random, -70, 145, 9) : Around(ref random, -118, 135,
            12),
        _ => DrawLoop(ref random),
    };

    /// <summary>Draws the torsions of a residue of a tight turn; <paramref name="type"/> is 0 or 1.</summary>
    public static Torsions DrawTurn(ref CounterRandom random, int type, int residue) =>
        Around(ref random, HairpinTurns[type][residue].Phi, HairpinTurns[type][residue].Psi, 5);

    private static Torsions DrawLoop(ref CounterRandom random)
    {
        var draw = random.NextDouble();
        foreach (var (phi, psi, spread, weight) in LoopRegions)
        {
            if ((draw -= weight) < 0)
            {
                return Around(ref random, phi, psi, spread);
            }
        }

        return Around(ref random, -66, -38, 8);
    }

    // Deviations are cut at 2.5 spreads so that no residue leaves its region.
    private static Torsions Around(ref CounterRandom random, float phi, float psi, float spread) => new(
        phi + (spread * Deviate(ref random)), psi + (spread * Deviate(ref random)), 180 + (2 * Deviate(ref random)));

    private static float Deviate(ref CounterRandom random) => (float)Math.Clamp(random.NextGaussian(), -2.5, 2.5);
}
