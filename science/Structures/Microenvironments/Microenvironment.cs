namespace Ism.Structures;

/// <summary>
/// The masked microenvironment of one residue: every heavy atom within the radius of its C-alpha that is not its own, with
/// element and position; the residue itself is what a model has to tell. Atoms are in the order of the structure.
/// </summary>
/// <param name="Elements"><see cref="ElementType"/> per atom, as bytes [n].</param>
/// <param name="Coordinates">Positions in Å relative to the residue's C-alpha [n x 3], row by row.</param>
/// <param name="AminoAcid">Index of the residue's amino acid in <see cref="AminoAcids.Letters"/>, or
/// <see cref="AminoAcids.Unknown"/>.</param>
public sealed record Microenvironment(byte[] Elements, float[] Coordinates, byte AminoAcid)
{
    /// <summary>Number of atoms (n); 0 for a residue with nothing near.</summary>
    public int Count => Elements.Length;
}
