using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>
/// The backbone atoms of the amino acids of a structure's polymers, of all chains, in the order of the file: parallel arrays over those
/// that have N, C-alpha, C and O. Residues without one of them are left out, as DSSP does.
/// </summary>
internal sealed class Backbones
{
    // A longer distance from C to the next N is a break of the chain (DSSP).
    private const float LongestPeptideBond = 2.5f;

    private static readonly byte Proline = AminoAcids.Index('P');

    private Backbones(int count)
    {
        (Residue, Number, Chain, IsProline) = (new int[count], new int[count], new int[count], new bool[count]);
        (N, CA, C, O) = (new Points(count), new Points(count), new Points(count), new Points(count));
    }

    /// <summary>Number of residues.</summary>
    public int Count => Residue.Length;

    /// <summary>Index in <see cref="Structure.Residues"/>.</summary>
    public int[] Residue { get; }

    /// <summary>Rises by one along a chain and by two where it is broken, so that two residues are joined by an unbroken chain when
    /// their numbers are as far apart as their indices.</summary>
    public int[] Number { get; }

    /// <summary>Which chain, for telling neighbours in different chains apart.</summary>
    public int[] Chain { get; }

    /// <summary>Proline has no hydrogen at its nitrogen.</summary>
    public bool[] IsProline { get; }

    /// <summary>Nitrogen.</summary>
    public Points N { get; }

    /// <summary>C-alpha.</summary>
    public Points CA { get; }

    /// <summary>Carbonyl carbon.</summary>
    public Points C { get; }

    /// <summary>Carbonyl oxygen.</summary>
    public Points O { get; }

    /// <summary>Gathers them.</summary>
    /// <exception cref="ArgumentException">The structure was read without atom names.</exception>
    public static Backbones Of(Structure structure)
    {
        var names = RequireNames(structure);
        var complete = new List<(int Residue, int N, int CA, int C, int O)>(structure.Residues.Length);
        for (var r = 0; r < structure.Residues.Length; r++)
        {
            var residue = structure.Residues[r];
            if (residue.AlphaCarbon < 0)
            {
                continue;
            }

            int n = -1, c = -1, o = -1;
            for (var atom = residue.FirstAtom; atom < residue.FirstAtom + residue.AtomCount; atom++)
            {
                var name = names[atom];
                n = name == AtomNames.N ? atom : n;
                c = name == AtomNames.C ? atom : c;
                o = name == AtomNames.O ? atom : o;
            }

            if (n >= 0 && c >= 0 && o >= 0)
            {
                complete.Add((r, n, residue.AlphaCarbon, c, o));
            }
        }

        var found = new Backbones(complete.Count);
        var chain = 0;
        for (var i = 0; i < complete.Count; i++)
        {
            var (residue, n, ca, c, o) = complete[i];
            found.N.Set(i, structure.Atoms, n);
            found.CA.Set(i, structure.Atoms, ca);
            found.C.Set(i, structure.Atoms, c);
            found.O.Set(i, structure.Atoms, o);
            found.Residue[i] = residue;
            found.IsProline[i] = structure.Residues[residue].AminoAcid == Proline;
            var broken = i > 0 && Points.Distance(found.C, i - 1, found.N, i) > LongestPeptideBond;
            chain += i > 0 && structure.Residues[residue].Chain != structure.Residues[complete[i - 1].Residue].Chain ? 1 : 0;
            found.Chain[i] = chain;
            found.Number[i] = i == 0 ? 1 : found.Number[i - 1] + (broken ? 2 : 1);
        }

        return found;
    }

    /// <summary>The structure's atom names.</summary>
    /// <exception cref="ArgumentException">It was read without.</exception>
    public static ulong[] RequireNames(Structure structure) => structure.Atoms.Names ?? throw new ArgumentException(
        $"{structure.Name} was read without the names of its atoms, which labels need; read it with "
        + $"{nameof(StructureReaderOptions)}.{nameof(StructureReaderOptions.KeepAtomNames)}");

    /// <summary>Whether an unbroken chain leads from residue <paramref name="from"/> to <paramref name="to"/> further on.</summary>
    public bool Joined(int from, int to) => Chain[from] == Chain[to] && Number[to] - Number[from] == to - from;
}
