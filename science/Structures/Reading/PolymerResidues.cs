namespace Ism.Structures;

/// <summary>Tells the amino acids of protein chains from free amino acids, caps, ligands and nucleotides.</summary>
internal static class PolymerResidues
{
    // A peptide bond is 1.33 Å long, two C-alphas are 3.8 Å apart (2.9 Å in cis); both with room for bad geometry.
    private const float LongestPeptideBond = 2.0f;
    private const float LongestAlphaStep = 4.5f;

    /// <summary>
    /// Marks the protein residues. mmCIF says it (label_seq_id); in PDB an ATOM amino acid is one, a HETATM amino acid is one
    /// before its chain's TER, or where peptide bonds join it to one of these. Amino acids bonded only to each other are a
    /// peptide ligand.
    /// </summary>
    public static void Mark(RawStructure raw, ReadOnlySpan<BackboneAtoms> backbones, Span<bool> isProtein)
    {
        var residues = raw.Residues;
        var declared = residues.Exists(r => r.Hint == PolymerHint.Yes);
        for (var r = 0; r < residues.Count; r++)
        {
            var residue = residues[r];
            var entry = ResidueNames.Find(residue.Key.Name);
            if (backbones[r].Atoms == 0 || !LooksLikeAminoAcid(entry, backbones[r]))
            {
                continue;
            }

            isProtein[r] = declared
                ? residue.Hint == PolymerHint.Yes
                : (!residue.Hetero && entry.IsAminoAcid) || (raw.Chains[residue.Key.Chain].Terminated && !residue.AfterTer);
        }

        if (!declared)
        {
            Extend(raw, backbones, isProtein);
        }
    }

    private static void Extend(RawStructure raw, ReadOnlySpan<BackboneAtoms> backbones, Span<bool> isProtein)
    {
        for (var r = 1; r < isProtein.Length; r++)
        {
            isProtein[r] |= isProtein[r - 1] && CanJoin(raw, backbones, r) && Bonded(raw, backbones, r - 1, r);
        }

        for (var r = isProtein.Length - 2; r >= 0; r--)
        {
            isProtein[r] |= isProtein[r + 1] && CanJoin(raw, backbones, r) && Bonded(raw, backbones, r, r + 1);
        }
    }

    private static bool CanJoin(RawStructure raw, ReadOnlySpan<BackboneAtoms> backbones, int residue) =>
        backbones[residue].Atoms > 0 && LooksLikeAminoAcid(ResidueNames.Find(raw.Residues[residue].Key.Name), backbones[residue]);

    private static bool LooksLikeAminoAcid(in ResidueNames.Entry entry, in BackboneAtoms backbone) => entry.Kind switch
    {
        ResidueKind.AminoAcid or ResidueKind.ModifiedAminoAcid or ResidueKind.UnknownAminoAcid => true,
        ResidueKind.Other => backbone.Alpha >= 0 && backbone.N >= 0 && backbone.C >= 0,
        _ => false,
    };

    private static bool Bonded(RawStructure raw, ReadOnlySpan<BackboneAtoms> backbones, int before, int after)
    {
        if (before < 0 || after >= backbones.Length || raw.Residues[before].Key.Chain != raw.Residues[after].Key.Chain)
        {
            return false;
        }

        var (first, second) = (backbones[before], backbones[after]);
        return first.C >= 0 && second.N >= 0
            ? Distance(raw, first.C, second.N) <= LongestPeptideBond
            : first.Alpha >= 0 && second.Alpha >= 0 && Distance(raw, first.Alpha, second.Alpha) <= LongestAlphaStep;
    }

    private static float Distance(RawStructure raw, int i, int j)
    {
        ref readonly var a = ref raw.Atoms[i];
        ref readonly var b = ref raw.Atoms[j];
        var (x, y, z) = (a.X - b.X, a.Y - b.Y, a.Z - b.Z);
        return MathF.Sqrt(x * x + y * y + z * z);
    }
}

/// <summary>Atom indices of a residue's N, C-alpha and C in the file, -1 where absent; and how many of its atoms are
/// kept.</summary>
internal readonly record struct BackboneAtoms(int N, int Alpha, int C, int Atoms);
