namespace Ism.Structures;

/// <summary>
/// One residue, ligand, ion or nucleotide and where its atoms lie in the <see cref="AtomTable"/>. Equality is by value; the
/// default value is no residue of any structure.
/// </summary>
/// <param name="Name">Residue name of the file, up to five letters, such as ALA, MSE or ZN.</param>
/// <param name="AminoAcid">Index in <see cref="AminoAcids.Letters"/>; modified residues carry their parent's; else
/// <see cref="AminoAcids.Unknown"/>.</param>
/// <param name="Number">Author residue number; may be negative, may repeat.</param>
/// <param name="InsertionCode">Insertion code, or a blank.</param>
/// <param name="Chain">Index in <see cref="Structure.Chains"/> if the residue is one of that chain's positions, else -1: ligands,
/// ions, nucleotides, caps, residues without C-alpha and residues of chains that were left out.</param>
/// <param name="FirstAtom">Index of the first atom.</param>
/// <param name="AtomCount">Number of atoms; they are contiguous.</param>
/// <param name="AlphaCarbon">Atom index of the C-alpha, or -1.</param>
/// <param name="Plddt">Predicted local distance difference test of the C-alpha, 0 to 100; NaN when unknown.</param>
public readonly record struct Residue(
    string Name,
    byte AminoAcid,
    int Number,
    char InsertionCode,
    int Chain,
    int FirstAtom,
    int AtomCount,
    int AlphaCarbon,
    float Plddt)
{
    /// <summary>One-letter code; X when unknown.</summary>
    public char Letter => AminoAcids.Letter(AminoAcid);
}
