using System.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>One atom of a generated chain: PDB name and position in Å. The element is the name's first letter.</summary>
public readonly record struct SyntheticAtom(string Name, Vector3 Position);

/// <summary>One residue of a generated chain.</summary>
/// <param name="Letter">One-letter code.</param>
/// <param name="Code">Three-letter code.</param>
/// <param name="State">What it is part of.</param>
/// <param name="Phi">Backbone torsion it was built with, in degrees.</param>
/// <param name="Psi">Backbone torsion it was built with, in degrees.</param>
/// <param name="Burial">0 (exposed) to 1 (buried).</param>
/// <param name="BFactor">pLDDT of a predicted model (0..100), else a B-factor in Å².</param>
/// <param name="Atoms">Heavy atoms: N, CA, C, O, CB, then the side chain.</param>
public sealed record SyntheticResidue(char Letter, string Code, SecondaryState State, float Phi, float Psi, double Burial,
    double BFactor, IReadOnlyList<SyntheticAtom> Atoms)
{
    /// <summary>The position of an atom, or null where the residue has none of that name.</summary>
    public Vector3? Find(string name)
    {
        foreach (var atom in Atoms)
        {
            if (atom.Name == name)
            {
                return atom.Position;
            }
        }

        return null;
    }
}

/// <summary>A generated protein of one chain.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Predicted">Whether it is to look like a predicted model.</param>
/// <param name="Residues">The chain.</param>
public sealed record SyntheticProtein(string Name, bool Predicted, IReadOnlyList<SyntheticResidue> Residues)
{
    /// <summary>One letter a residue.</summary>
    public string Sequence => string.Concat(Residues.Select(residue => residue.Letter));
}
