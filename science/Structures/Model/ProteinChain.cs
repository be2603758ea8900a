namespace Ism.Structures;

/// <summary>One protein chain: its residues that have a C-alpha, in the order of the file.</summary>
/// <param name="Id">Author chain id; "_" where the file leaves it blank.</param>
/// <param name="Sequence">One letter per residue, X for unknown ones.</param>
/// <param name="ResidueIndices">Index in <see cref="Structure.Residues"/> per position.</param>
/// <param name="Plddt">pLDDT (0 to 100) per position of a predicted model, else null.</param>
public sealed record ProteinChain(string Id, string Sequence, int[] ResidueIndices, float[]? Plddt)
{
    /// <summary>Number of residues.</summary>
    public int Length => ResidueIndices.Length;
}
