using System.Numerics;
using Ism.Structures.Synthesis;

namespace Ism.Structures.Tests.Synthesis;

/// <summary>Bond lengths in Å, angles and torsions in degrees; ideal values of Engh and Huber (2001).</summary>
public class SyntheticGeometryTests
{
    private static readonly SyntheticProtein[] Proteins =
    [
        .. Enumerable.Range(0, 12).Select(index => ProteinSynthesizer.Generate(7, index, new SynthesisOptions())),
        .. Enumerable.Range(0, 4).Select(index => ProteinSynthesizer.Generate(8, index,
            new SynthesisOptions { Predicted = false })),
    ];

    private static IEnumerable<(SyntheticResidue Residue, SyntheticResidue Next)> Neighbours =>
        Proteins.SelectMany(protein => protein.Residues.Zip(protein.Residues.Skip(1)));

    private static IEnumerable<SyntheticResidue> Residues => Proteins.SelectMany(protein => protein.Residues);

    [Fact]
    public void Should_have_ideal_backbone_bonds_and_angles()
    {
        Assert.All(Residues, residue =>
        {
            Assert.Equal(1.458, Length(residue, "N", residue, "CA"), 0.002);
            Assert.Equal(1.525, Length(residue, "CA", residue, "C"), 0.002);
            Assert.Equal(1.231, Length(residue, "C", residue, "O"), 0.002);
            Assert.Equal(111.0, Angle(residue.Find("N"), residue.Find("CA"), residue.Find("C")), 0.2);
        });
        Assert.All(Neighbours, pair =>
        {
            Assert.Equal(1.329, Length(pair.Residue, "C", pair.Next, "N"), 0.002);
            Assert.Equal(117.2, Angle(pair.Residue.Find("CA"), pair.Residue.Find("C"), pair.Next.Find("N")), 0.2);
            Assert.Equal(121.7, Angle(pair.Residue.Find("C"), pair.Next.Find("N"), pair.Next.Find("CA")), 0.2);
        });
    }

    [Fact]
    public void Should_have_the_torsions_it_was_built_with_and_flat_peptides()
    {
        Assert.All(Neighbours, pair =>
        {
            var (a, b) = pair;
            Near(b.Phi, Torsion(a.Find("C"), b.Find("N"), b.Find("CA"), b.Find("C")), 0.1);
            Near(a.Psi, Torsion(a.Find("N"), a.Find("CA"), a.Find("C"), b.Find("N")), 0.1);
            Near(180, Torsion(a.Find("CA"), a.Find("C"), b.Find("N"), b.Find("CA")), 6);
        });

        static void Near(double expected, double actual, double tolerance) =>
            Assert.InRange(Math.Abs(Math.IEEERemainder(expected - actual, 360)), 0, tolerance);
    }

    [Fact]
    public void Should_hold_left_handed_amino_acids_alone()
    {
        var chiral = Residues.Where(residue => residue.Letter != 'G').ToArray();
        Assert.NotEmpty(chiral);
        Assert.All(chiral, residue =>
        {
            var ca = residue.Find("CA")!.Value;
            var volume = Vector3.Dot(residue.Find("N")!.Value - ca,
                Vector3.Cross(residue.Find("C")!.Value - ca, residue.Find("CB")!.Value - ca));
            Assert.InRange(volume, 2.3f, 2.8f);
        });

        // The second centres: (2S,3S)-isoleucine and (2S,3R)-threonine.
        Assert.All(Residues.Where(residue => residue.Letter is 'I' or 'T'), residue =>
        {
            var cb = residue.Find("CB")!.Value;
            var first = residue.Find(residue.Letter == 'I' ? "CG1" : "OG1")!.Value;
            Assert.True(Vector3.Dot(residue.Find("CA")!.Value - cb, Vector3.Cross(first - cb,
                residue.Find("CG2")!.Value - cb)) > 2);
        });
    }

    [Fact]
    public void Should_have_every_heavy_atom_of_every_amino_acid()
    {
        var heavyAtoms = "G4 A5 S6 C6 T7 V7 P7 D8 N8 I8 L8 M8 E9 Q9 K9 H10 F11 R11 Y12 W14".Split(' ')
            .ToDictionary(entry => entry[0], entry => int.Parse(entry[1..]));

        Assert.All(Residues, residue => Assert.Equal(heavyAtoms[residue.Letter], residue.Atoms.Count));
        Assert.All(Residues, residue => Assert.Equal(residue.Atoms.Count, residue.Atoms.Select(atom =>
            atom.Name).Distinct().Count()));
        Assert.Equal(heavyAtoms.Keys.Order(), Residues.Select(residue => residue.Letter).Distinct().Order());
    }

    [Fact]
    public void Should_close_rings_and_keep_aromatic_ones_flat()
    {
        (char Letter, string A, string B, double Length)[] closures =
            [('P', "N", "CD", 1.47), ('F', "CE2", "CZ", 1.39), ('Y', "CE2", "CZ", 1.39), ('H', "CE1", "NE2", 1.32),
                ('W', "NE1", "CE2", 1.37),
                ('W', "CZ3", "CH2", 1.40)];
        foreach (var (letter, a, b, length) in closures)
        {
            Assert.All(Residues.Where(residue => residue.Letter == letter),
                residue => Assert.Equal(length, Length(residue, a, residue, b), letter == 'P' ? 0.12 : 0.05));
        }

        Assert.All(Residues.Where(residue => residue.Letter is 'F' or 'Y'), residue =>
            Assert.InRange(Math.Abs(Torsion(residue.Find("CG"), residue.Find("CD1"), residue.Find("CE2"), residue.Find("CZ"))),
                175, 185));
    }

    [Fact]
    public void Should_have_no_clashes()
    {
        foreach (var protein in Proteins)
        {
            for (var i = 0; i < protein.Residues.Count; i++)
            {
                for (var j = i + 1; j < protein.Residues.Count; j++)
                {
                    // No side chain reaches further than 8 Å from its C-alpha.
                    if (Vector3.Distance(protein.Residues[i].Find("CA")!.Value, protein.Residues[j].Find("CA")!.Value) < 19)
                    {
                        CheckPair(protein, i, j);
                    }
                }
            }
        }
    }

    private static void CheckPair(SyntheticProtein protein, int i, int j)
    {
        foreach (var a in protein.Residues[i].Atoms)
        {
            foreach (var b in protein.Residues[j].Atoms)
            {
                var bonds = j == i + 1 ? BondsToC(a.Name) + 1 + BondsToN(b.Name) : int.MaxValue;
                var distance = Vector3.Distance(a.Position, b.Position);

                // Bonded pairs and those over one angle have their ideal distances (tested above); over one torsion at least 2.4
                // Å.
                var least = bonds <= 2 ? 0 : bonds == 3 ? 2.4 : 2.6;
                if (distance < least)
                {
                    Assert.Fail($"{protein.Name} {i + 1} {a.Name} and {j + 1} {b.Name} are {distance:F2} Å apart");
                }
            }
        }

        int BondsToC(string atom) => atom switch { "C" => 0, "CA" or "O" => 1, "N" or "CB" => 2, _ => 3 };

        int BondsToN(string atom) => atom == "CD" && protein.Residues[j].Letter == 'P'
            ? 1
            : atom switch { "N" => 0, "CA" => 1, "C" or "CB" => 2, _ => 3 };
    }

    private static double Length(SyntheticResidue a, string atomA, SyntheticResidue b, string atomB) =>
        Vector3.Distance(a.Find(atomA)!.Value, b.Find(atomB)!.Value);

    private static double Angle(Vector3? a, Vector3? b, Vector3? c)
    {
        var (u, v) = (Vector3.Normalize(a!.Value - b!.Value), Vector3.Normalize(c!.Value - b.Value));
        return Math.Acos(Vector3.Dot(u, v)) * 180 / Math.PI;
    }

    // Written on its own, not with the program's own formula: the angle between the two planes, signed by the handedness.
    private static double Torsion(Vector3? a, Vector3? b, Vector3? c, Vector3? d)
    {
        var axis = Vector3.Normalize(c!.Value - b!.Value);
        var before = a!.Value - b.Value;
        var after = d!.Value - c.Value;
        before -= Vector3.Dot(before, axis) * axis;
        after -= Vector3.Dot(after, axis) * axis;
        return Math.Atan2(Vector3.Dot(Vector3.Cross(axis, before), after), Vector3.Dot(before, after)) * 180 / Math.PI;
    }
}
