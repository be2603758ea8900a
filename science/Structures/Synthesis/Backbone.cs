using System.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>
/// A growing backbone with C-beta and the place of an average side chain, built from ideal internal coordinates (Engh and Huber
/// 2001), that knows whether its newest residue clashes. Used by one thread.
/// </summary>
internal sealed class Backbone(int capacity)
{
    /// <summary>Atoms of a residue here: N, CA, C, O, CB and the average side chain.</summary>
    public const int AtomsPerResidue = 6;

    public const int N = 0, Ca = 1, C = 2, O = 3, Cb = 4, Centroid = 5;
    public const float LengthNCa = 1.458f, LengthCaC = 1.525f, LengthCN = 1.329f, LengthCO = 1.231f, LengthCaCb = 1.530f;
    public const float AngleNCaC = 111.0f, AngleCaCN = 117.2f, AngleCNCa = 121.7f, AngleCaCO = 120.4f, AngleCCaCb = 110.1f;
    public const float TorsionNCCaCb = 122.6f;

    // Proline's ring pulls C-beta towards N.
    private const float ProlineAngleCCaCb = 111.1f, ProlineTorsionNCCaCb = 115.3f;

    // How far an average side chain's centre lies beyond C-alpha, and how close it may come: leaves room for real side chains.
    private const float CentroidDistance = 2.0f, CentroidToCentroid = 3.6f, CentroidToAtom = 3.3f;

    // No two atoms of residues further apart than this can clash: twice O's distance from C-alpha and the least distance.
    private const float NeighbourCutoff = 8.2f;

    // Consecutive C-alphas are never further apart, so a residue far away shows that its neighbours are far as well.
    private const float LongestStep = 3.9f;

    // Bonds from each atom to its residue's C (towards the next residue) and to its N (towards the one before).
    private static readonly int[] BondsToC = [2, 1, 0, 1, 2];
    private static readonly int[] BondsToN = [0, 1, 2, 3, 2];

    private readonly Vector3[] _atoms = new Vector3[capacity * AtomsPerResidue];
    private readonly Torsions[] _torsions = new Torsions[capacity];

    /// <summary>Residues.</summary>
    public int Count { get; private set; }

    /// <summary>The position of an atom.</summary>
    public Vector3 this[int residue, int atom] => _atoms[(residue * AtomsPerResidue) + atom];

    /// <summary>The torsions a residue was built with.</summary>
    public Torsions Torsions(int residue) => _torsions[residue];

    /// <summary>Removes all residues from <paramref name="count"/> on.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Adds a residue; false when one of its atoms comes too close to an earlier one.</summary>
    public bool Append(Torsions torsions)
    {
        var atoms = _atoms.AsSpan(Count * AtomsPerResidue, AtomsPerResidue);
        if (Count == 0)
        {
            atoms[N] = Vector3.Zero;
            atoms[Ca] = new Vector3(LengthNCa, 0, 0);
            atoms[C] = InternalCoordinates.Place(Vector3.UnitY, atoms[N], atoms[Ca], LengthCaC, AngleNCaC, 180);
        }
        else
        {
            var last = _atoms.AsSpan((Count - 1) * AtomsPerResidue, AtomsPerResidue);
            atoms[N] = InternalCoordinates.Place(last[N], last[Ca], last[C], LengthCN, AngleCaCN, _torsions[Count - 1].Psi);
            atoms[Ca] = InternalCoordinates.Place(last[Ca], last[C], atoms[N], LengthNCa, AngleCNCa, torsions.Omega);
            atoms[C] = InternalCoordinates.Place(last[C], atoms[N], atoms[Ca], LengthCaC, AngleNCaC, torsions.Phi);
        }

        atoms[O] = InternalCoordinates.Place(atoms[N], atoms[Ca], atoms[C], LengthCO, AngleCaCO, torsions.Psi + 180);
        PlaceBeta(Count, proline: false);
        atoms[Centroid] = atoms[Ca] + (CentroidDistance / LengthCaCb * (atoms[Cb] - atoms[Ca]));
        _torsions[Count++] = torsions;
        return !Clashes(Count - 1);
    }

    /// <summary>Places C-beta where the residue is proline, or where it is any other.</summary>
    public void PlaceBeta(int residue, bool proline)
    {
        var atoms = _atoms.AsSpan(residue * AtomsPerResidue, AtomsPerResidue);
        atoms[Cb] = proline
            ? InternalCoordinates.Place(atoms[N], atoms[C], atoms[Ca], LengthCaCb, ProlineAngleCCaCb, ProlineTorsionNCCaCb)
            : InternalCoordinates.Place(atoms[N], atoms[C], atoms[Ca], LengthCaCb, AngleCCaCb, TorsionNCCaCb);
    }

    /// <summary>The least distance, in Å, of two atoms that are at least four bonds apart.</summary>
    public static float LeastDistance(bool bothPolar, bool onePolar) => bothPolar ? 2.75f : onePolar ? 3.0f : 3.3f;

    private bool Clashes(int residue)
    {
        var atoms = _atoms.AsSpan(residue * AtomsPerResidue, AtomsPerResidue);
        for (var other = residue - 1; other >= 0; other--)
        {
            var others = _atoms.AsSpan(other * AtomsPerResidue, AtomsPerResidue);
            var distance = Vector3.Distance(atoms[Ca], others[Ca]);
            if (distance >= NeighbourCutoff)
            {
                other -= (int)((distance - NeighbourCutoff) / LongestStep);
            }
            else if (AtomsClash(atoms, others, residue - other) || (residue - other >= 3 && CentroidsClash(atoms, others)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool AtomsClash(Span<Vector3> atoms, Span<Vector3> others, int apart)
    {
        for (var a = 0; a <= Cb; a++)
        {
            for (var b = 0; b <= Cb; b++)
            {
                if (apart == 1 && BondsToN[a] + BondsToC[b] + 1 < 4)
                {
                    continue;
                }

                var least = LeastDistance(a is N or O && b is N or O, a is N or O || b is N or O);
                least = apart <= 4 ? MathF.Max(least - 0.3f, 2.65f) : least;
                if (Vector3.DistanceSquared(atoms[a], others[b]) < least * least)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool CentroidsClash(Span<Vector3> atoms, Span<Vector3> others)
    {
        if (Vector3.DistanceSquared(atoms[Centroid], others[Centroid]) < CentroidToCentroid * CentroidToCentroid)
        {
            return true;
        }

        for (var a = 0; a <= O; a++)
        {
            if (Vector3.DistanceSquared(atoms[a], others[Centroid]) < CentroidToAtom * CentroidToAtom
                || Vector3.DistanceSquared(atoms[Centroid], others[a]) < CentroidToAtom * CentroidToAtom)
            {
                return true;
            }
        }

        return false;
    }
}
