using System.Globalization;

namespace Ism.Structures;

/// <summary>
/// The residues of foldcomp by their numbers in the format, and how their atoms beyond N, CA and C are placed: each from
/// three that are there already, by a bond length and an angle that are the format's constants and a torsion that the file
/// holds.
/// </summary>
internal static class FoldcompResidues
{
    // Residues in the format's order. An atom: name, the three before it, bond length (Å) and angle (degrees).
    private const string Table = """
        ALA O N CA C 1.23 120.31,CB O C CA 1.52 110.852
        ARG O N CA C 1.23 119.745,CB O C CA 1.53 110.579,CG N CA CB 1.53 113.233,CD CA CB CG 1.52 110.787,
            NE CB CG CD 1.46 111.919,CZ CG CD NE 1.32 125.192,NH1 CD NE CZ 1.31 120.077,NH2 CD NE CZ 1.31 120.077
        ASN O N CA C 1.23 120.313,CB O C CA 1.52 110.852,CG N CA CB 1.52 113.232,OD1 CA CB CG 1.23 120.85,
            ND2 CA CB CG 1.325 116.48
        ASP O N CA C 1.23 121.051,CB O C CA 1.53 110.871,CG N CA CB 1.52 113.232,OD1 CA CB CG 1.248 118.344,
            OD2 CA CB CG 1.248 118.344
        CYS O N CA C 1.23 120.063,CB O C CA 1.53 111.078,SG N CA CB 1.8 113.817
        GLN O N CA C 1.23 120.211,CB O C CA 1.53 109.5,CG N CA CB 1.52 113.292,CD CA CB CG 1.52 112.811,
            OE1 CB CG CD 1.23 121.844,NE2 CB CG CD 1.32 116.5
        GLU O N CA C 1.23 120.594,CB O C CA 1.53 110.538,CG N CA CB 1.52 113.82,CD CA CB CG 1.52 112.912,
            OE1 CB CG CD 1.25 118.479,OE2 CB CG CD 1.25 118.479
        GLY O N CA C 1.23 120.522
        HIS O N CA C 1.23 120.548,CB O C CA 1.53 111.329,CG N CA CB 1.5 113.468,ND1 CA CB CG 1.38 122.85,
            CD2 CA CB CG 1.36 130.61,CE1 CB CG ND1 1.33 108.589,NE2 CB CG CD2 1.38 107.439
        ILE O N CA C 1.235 120.393,CB O C CA 1.54 111.983,CG1 N CA CB 1.53 110.5,CG2 N CA CB 1.52 110.5,
            CD1 CA CB CG1 1.51 113.97
        LEU O N CA C 1.235 120.211,CB O C CA 1.53 110.418,CG N CA CB 1.53 116.1,CD1 CA CB CG 1.52 110.58,
            CD2 CA CB CG 1.52 110.58
        LYS O N CA C 1.23 120.54,CB O C CA 1.53 109.5,CG N CA CB 1.52 113.83,CD CA CB CG 1.52 111.79,
            CE CB CG CD 1.52 111.79,NZ CG CD CE 1.49 112.25
        MET O N CA C 1.23 120.148,CB O C CA 1.53 110.833,CG N CA CB 1.52 113.68,SD CA CB CG 1.8 112.773,
            CE CB CG SD 1.79 100.61
        PHE O N CA C 1.23 120.283,CB O C CA 1.53 110.846,CG N CA CB 1.51 114,CD1 CA CB CG 1.385 120,CD2 CA CB CG 1.385 120,
            CE1 CB CG CD1 1.385 120,CE2 CB CG CD2 1.385 120,CZ CG CD1 CE1 1.385 120
        PRO O N CA C 1.23 120.6,CB O C CA 1.53 111.372,CG N CA CB 1.49 104.21,CD CA CB CG 1.5 105
        SER O N CA C 1.23 120.475,CB O C CA 1.53 110.248,OG N CA CB 1.417 111.132
        THR O N CA C 1.23 120.252,CB O C CA 1.53 110.075,OG1 N CA CB 1.43 109.442,CG2 N CA CB 1.52 111.457
        TRP O N CA C 1.23 120.178,CB O C CA 1.53 110.852,CG N CA CB 1.5 114.1,CD1 CA CB CG 1.36 126.712,
            CD2 CA CB CG 1.44 126.712,NE1 CB CG CD1 1.38 109.959,CE2 CB CG CD2 1.41 107.842,CE3 CB CG CD2 1.4 133.975,
            CZ2 CG CD2 CE2 1.4 120,CZ3 CG CD2 CE3 1.384 120,CH2 CD2 CE2 CZ2 1.367 120
        TYR O N CA C 1.235 120.608,CB O C CA 1.53 110.852,CG N CA CB 1.51 113.744,CD1 CA CB CG 1.39 120.937,
            CD2 CA CB CG 1.39 120.937,CE1 CB CG CD1 1.38 120,CE2 CB CG CD2 1.38 120,CZ CG CD1 CE1 1.378 120,
            OH CD1 CE1 CZ 1.375 120
        VAL O N CA C 1.235 120.472,CB O C CA 1.54 111.381,CG1 N CA CB 1.52 110.7,CG2 N CA CB 1.52 110.4
        """;

    /// <summary>The residues by their numbers.</summary>
    public static FoldcompResidue[] All { get; } = [.. Table.Replace(",\n", ",", StringComparison.Ordinal).Split('\n').Select(Parse)];

    private static FoldcompResidue Parse(string line)
    {
        var names = new List<string> { "N", "CA", "C" };
        var atoms = new List<FoldcompAtom>();
        foreach (var text in line[4..].Split(',', StringSplitOptions.TrimEntries))
        {
            var fields = text.Split(' ');
            atoms.Add(new FoldcompAtom(
                PackedName.Pack(fields[0]),
                Elements.FromAtomName([.. " "u8, .. System.Text.Encoding.ASCII.GetBytes(fields[0])], inPolymer: true),
                names.IndexOf(fields[1]),
                names.IndexOf(fields[2]),
                names.IndexOf(fields[3]),
                double.Parse(fields[4], CultureInfo.InvariantCulture),
                double.Parse(fields[5], CultureInfo.InvariantCulture)));
            names.Add(fields[0]);
        }

        return new FoldcompResidue(PackedName.Pack(line[..3]), [.. atoms]);
    }
}

/// <summary>A residue's name and its atoms beyond N, CA and C, in the order in which they are placed.</summary>
internal sealed record FoldcompResidue(ulong Name, FoldcompAtom[] Atoms);

/// <summary>How an atom is placed: after which three (0 is N, 1 CA, 2 C, then the residue's own), at what length (Å) and angle
/// (degrees).</summary>
internal readonly record struct FoldcompAtom(
    ulong Name, ElementType Element, int First, int Second, int Third, double Length, double Angle);
