using System.Numerics;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>
/// A residue's own axes, in which all microenvironments of the atlas are drawn and written, so that they can be compared: C-alpha at the
/// origin, the side chain upwards (y), the chain running from left (N) to right (C), x; z points to the reader.
/// </summary>
public readonly record struct ResidueFrame
{
    // C-beta from the backbone's ideal angles, for glycine and where it is missing.
    private const float AlongPlane = -0.58273431f, AlongN = 0.56802827f, AlongC = -0.54067466f;

    private readonly Vector3 _origin;
    private readonly Vector3 _x;
    private readonly Vector3 _y;
    private readonly Vector3 _z;

    private ResidueFrame(Vector3 origin, Vector3 x, Vector3 y) => (_origin, _x, _y, _z) = (origin, x, y, Vector3.Cross(x, y));

    /// <summary>The axes of a residue; those of the file where its N or C is missing.</summary>
    /// <param name="structure">Read with atom names.</param>
    /// <param name="residue">Index of a residue that has a C-alpha.</param>
    public static ResidueFrame Of(Structure structure, int residue)
    {
        var alpha = At(structure, structure.Residues[residue].AlphaCarbon);
        if (Find(structure, residue, AtomNames.N) is not { } n || Find(structure, residue, AtomNames.C) is not { } c)
        {
            return new ResidueFrame(alpha, Vector3.UnitX, Vector3.UnitY);
        }

        var (b, d) = (alpha - n, c - alpha);
        var beta = Find(structure, residue, AtomNames.CB) is { } real
            ? real - alpha
            : (AlongPlane * Vector3.Cross(b, d)) + (AlongN * b) + (AlongC * d);
        var across = c - n;
        var up = Vector3.Normalize(beta);
        across -= Vector3.Dot(across, up) * up;

        // Atoms on one line, or in one place, span no axes.
        return across.Length() > 1e-3f && float.IsFinite(up.X)
            ? new ResidueFrame(alpha, Vector3.Normalize(across), up)
            : new ResidueFrame(alpha, Vector3.UnitX, Vector3.UnitY);
    }

    /// <summary>An atom of the structure along these axes, Å.</summary>
    public Vector3 Place(Structure structure, int atom)
    {
        var at = At(structure, atom) - _origin;
        return new Vector3(Vector3.Dot(at, _x), Vector3.Dot(at, _y), Vector3.Dot(at, _z));
    }

    private static Vector3? Find(Structure structure, int residue, ulong name)
    {
        ref readonly var at = ref structure.Residues[residue];
        var found = structure.Atoms.Names.AsSpan(at.FirstAtom, at.AtomCount).IndexOf(name);
        return found < 0 ? null : At(structure, at.FirstAtom + found);
    }

    private static Vector3 At(Structure structure, int atom) =>
        new(structure.Atoms.X[atom], structure.Atoms.Y[atom], structure.Atoms.Z[atom]);
}
