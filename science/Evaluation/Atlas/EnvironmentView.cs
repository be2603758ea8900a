using System.Numerics;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>An atom of a microenvironment, or of the residue that is masked in it.</summary>
/// <param name="Atom">Index in the structure's <see cref="AtomTable"/>.</param>
/// <param name="At">Place in the masked residue's axes, Å.</param>
/// <param name="Element">Its element.</param>
/// <param name="Masked">Whether it is of the masked residue, which the encoder does not see.</param>
public readonly record struct ViewedAtom(int Atom, Vector3 At, ElementType Element, bool Masked);

/// <summary>A microenvironment in its residue's axes, with the masked residue put back and bonds between near atoms.</summary>
public sealed class EnvironmentView
{
    // Covalent radii by ElementType, Å (Cordero et al. 2008); ions and metals are bonded to nothing.
    private static readonly float[] Radii = [0.76f, 0.31f, 0.71f, 0.66f, 1.07f, 1.05f, 0];

    // How much longer than the radii's sum a bond may be.
    private const float Slack = 0.4f;

    private EnvironmentView(ViewedAtom[] atoms, (int, int)[] bonds) => (Atoms, Bonds) = (atoms, bonds);

    /// <summary>The masked residue's atoms, then those of the microenvironment, each in the order of the structure.</summary>
    public IReadOnlyList<ViewedAtom> Atoms { get; }

    /// <summary>Pairs of bonded atoms, by their place in <see cref="Atoms"/>.</summary>
    public IReadOnlyList<(int First, int Second)> Bonds { get; }

    /// <summary>The view of a residue's surroundings.</summary>
    public static EnvironmentView Of(TypicalResidue typical)
    {
        var structure = typical.Of.Structure;
        ref readonly var residue = ref structure.Residues[typical.Residue];
        var frame = ResidueFrame.Of(structure, typical.Residue);
        ViewedAtom[] atoms =
        [
            .. Enumerable.Range(residue.FirstAtom, residue.AtomCount).Select(atom => View(atom, masked: true)),
            .. typical.Neighbours.Select(atom => View(atom, masked: false)),
        ];
        return new EnvironmentView(atoms, BondsOf(atoms));

        ViewedAtom View(int atom, bool masked) => new(atom, frame.Place(structure, atom), structure.Atoms.Element(atom), masked);
    }

    private static (int, int)[] BondsOf(ViewedAtom[] atoms)
    {
        var bonds = new List<(int, int)>();
        for (var i = 0; i < atoms.Length; i++)
        {
            for (var j = i + 1; j < atoms.Length; j++)
            {
                var (a, b) = (Radii[(int)atoms[i].Element], Radii[(int)atoms[j].Element]);
                var longest = a + b + Slack;
                if (a > 0 && b > 0 && Vector3.DistanceSquared(atoms[i].At, atoms[j].At) < longest * longest)
                {
                    bonds.Add((i, j));
                }
            }
        }

        return [.. bonds];
    }
}
