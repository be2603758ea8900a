namespace Ism.Structures;

/// <summary>
/// The heavy atoms of a structure as parallel arrays of <see cref="Count"/> elements, ordered by residue. No waters, no
/// hydrogens, one conformer. Treat the arrays as read-only; many threads may read them.
/// </summary>
/// <param name="X">x in Å.</param>
/// <param name="Y">y in Å.</param>
/// <param name="Z">z in Å.</param>
/// <param name="Elements"><see cref="ElementType"/> of every atom, as bytes.</param>
/// <param name="Residue">Index of the atom's residue in <see cref="Structure.Residues"/>; never decreases.</param>
public sealed record AtomTable(float[] X, float[] Y, float[] Z, byte[] Elements, int[] Residue)
{
    /// <summary>Number of atoms.</summary>
    public int Count => X.Length;

    /// <summary>Name of every atom in the numbers of <see cref="AtomNames"/>; null unless the structure was read with
    /// <see cref="StructureReaderOptions.KeepAtomNames"/>.</summary>
    public ulong[]? Names { get; init; }

    /// <summary>The element of atom <paramref name="atom"/>.</summary>
    public ElementType Element(int atom) => (ElementType)Elements[atom];
}
