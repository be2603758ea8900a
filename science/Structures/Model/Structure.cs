namespace Ism.Structures;

/// <summary>
/// One cleaned structure: first model, one conformer, heavy atoms without waters. Immutable by convention and safe to share
/// between threads.
/// </summary>
/// <param name="Name">File name without folder and extensions.</param>
/// <param name="Format">The format it was read from.</param>
/// <param name="Atoms">Every atom kept, including those of ligands, ions, nucleic acids and chains left out.</param>
/// <param name="Residues">Every residue with atoms, in the order of the file.</param>
/// <param name="Chains">The protein chains that passed the reader's limits, at least one.</param>
/// <param name="IsPredicted">True when the B-factor column was taken for pLDDT; <see cref="Notes"/> says why.</param>
/// <param name="Notes">What was decided while reading, for people.</param>
public sealed record Structure(
    string Name,
    StructureFormat Format,
    AtomTable Atoms,
    Residue[] Residues,
    ProteinChain[] Chains,
    bool IsPredicted,
    IReadOnlyList<string> Notes);

/// <summary>File formats that are read.</summary>
public enum StructureFormat
{
    /// <summary>wwPDB's fixed-column format.</summary>
    Pdb,

    /// <summary>PDBx/mmCIF in text.</summary>
    Mmcif,

    /// <summary>PDBx/mmCIF in BinaryCIF.</summary>
    BinaryCif,

    /// <summary>Foldcomp's torsion angles (.fcz); coordinates are computed from them.</summary>
    Foldcomp,
}
