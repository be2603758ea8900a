using Ism.Structures.Numerics;
using Ism.Structures.Tests.Reading;
using Ism.Tests;

namespace Ism.Structures.Tests.Microenvironments;

/// <summary>The search against brute force over all pairs.</summary>
public class MicroenvironmentFinderTests
{
    [Theory]
    [InlineData(1, 400, 10, 10)]
    [InlineData(2, 400, 30, 10)]
    [InlineData(3, 1500, 60, 10)]
    [InlineData(4, 1500, 40, 3.7)]
    [InlineData(5, 300, 3000, 10)]
    [InlineData(6, 700, 25, 100)]
    public void Should_find_what_brute_force_finds_in_random_clouds(int seed, int atoms, double extent, double radius)
    {
        var random = new CounterRandom((ulong)seed);
        var table = Cloud(ref random, atoms, extent, grid: 0);
        Compare(Whole(table), radius, int.MaxValue);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    public void Should_include_atoms_at_exactly_the_radius(double radius)
    {
        // On a grid of halves every coordinate and squared distance is exact in float32, and many pairs lie at exactly the
        // radius.
        var random = new CounterRandom(7);
        var structure = Whole(Cloud(ref random, 900, 24, grid: 0.5));
        Assert.True(Compare(structure, radius, int.MaxValue) > 0, "no pair at the boundary was tried");
    }

    [Fact]
    public void Should_keep_the_nearest_atoms_and_lower_indices_on_ties()
    {
        var random = new CounterRandom(8);
        var structure = Whole(Cloud(ref random, 900, 14, grid: 1));
        Compare(structure, 10, 64);
    }

    [SkippableTheory]
    [InlineData("1AKE.cif")]
    [InlineData("1BF4.pdb")]
    [InlineData("1ZNJ.pdb.gz")]
    public void Should_find_what_brute_force_finds_in_real_structures(string file)
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", file));
        Compare(structure, 10, 512);
        Compare(structure, 10, 40);
    }

    [Fact]
    public void Should_leave_out_its_own_residue_and_keep_ligands_and_other_chains()
    {
        var structure = TextStructures.Read(
            TextStructures.Residue("ALA", 1, at: 0) + TextStructures.Residue("LYS", 1, "B", at: 6)
            + TextStructures.Atom("ZN", "ZN", 9, 0, 0, 4, element: "ZN", hetero: true)
                + TextStructures.Atom("O", "HOH", 10, 0, 0, 3, element: "O"));
        var finder = new MicroenvironmentFinder();
        var environment = finder.FindChain(structure, structure.Chains[0])[0];
        Assert.Equal(6, environment.Count);
        Assert.Equal(AminoAcids.Index('A'), environment.AminoAcid);
        Assert.Equal((byte)ElementType.X, environment.Elements[5]);
        Assert.Equal([0f, 0f, 4f], environment.Coordinates[15..]);
    }

    [Fact]
    public void Should_give_an_empty_microenvironment_to_a_residue_alone()
    {
        var structure = TextStructures.Read(TextStructures.Residue("ALA", 1, at: 0) + TextStructures.Residue("ALA", 2, at: 900));
        var finder = new MicroenvironmentFinder();
        Assert.All(finder.FindChain(structure, structure.Chains[0]), environment => Assert.Equal(0, environment.Count));
    }

    [Fact]
    public void Should_say_what_is_wrong_with_its_arguments()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MicroenvironmentFinder(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MicroenvironmentFinder(10, 0));
        var finder = new MicroenvironmentFinder();
        Assert.Throws<InvalidOperationException>(() => finder.Find(0));
        var structure = TextStructures.Read(TextStructures.Alanines(2) + TextStructures.Atom("N", "GLY", 3, 9, 9, 9));
        finder.Use(structure);
        Assert.Throws<ArgumentException>(() => finder.Find(2));
    }

    // Returns how many pairs lie at exactly the radius.
    private static int Compare(Structure structure, double radius, int maxAtoms)
    {
        var finder = new MicroenvironmentFinder(radius, maxAtoms);
        finder.Use(structure);
        var (table, squaredRadius, atBoundary) = (structure.Atoms, (float)radius * (float)radius, 0);
        for (var r = 0; r < structure.Residues.Length; r++)
        {
            var alpha = structure.Residues[r].AlphaCarbon;
            if (alpha < 0)
            {
                continue;
            }

            var near = new List<(float Squared, int Atom)>();
            for (var i = 0; i < table.Count; i++)
            {
                var (dx, dy, dz) = (table.X[i] - table.X[alpha], table.Y[i] - table.Y[alpha], table.Z[i] - table.Z[alpha]);
                var squared = dx * dx + dy * dy + dz * dz;
                if (table.Residue[i] != r && squared <= squaredRadius)
                {
                    near.Add((squared, i));
                    atBoundary += squared == squaredRadius ? 1 : 0;
                }
            }

            var expected = near.Order().Take(maxAtoms).Select(pair => pair.Atom).Order().ToArray();
            var environment = finder.Find(r);
            Assert.Equal(expected, finder.Neighbours(r).ToArray());
            Assert.Equal(expected.Select(i => table.Elements[i]), environment.Elements);
            Assert.Equal(expected.SelectMany(i => new[] { table.X[i] - table.X[alpha], table.Y[i] - table.Y[alpha],
                table.Z[i] - table.Z[alpha] }),
                environment.Coordinates);
        }

        return atBoundary;
    }

    private static AtomTable Cloud(ref CounterRandom random, int atoms, double extent, double grid)
    {
        var table = new AtomTable(new float[atoms], new float[atoms], new float[atoms], new byte[atoms], new int[atoms]);
        for (var i = 0; i < atoms; i++)
        {
            foreach (var axis in new[] { table.X, table.Y, table.Z })
            {
                var value = (random.NextDouble() - 0.5) * extent;
                axis[i] = (float)(grid > 0 ? Math.Round(value / grid) * grid : value);
            }

            table.Elements[i] = (byte)random.NextInt32(7);
            table.Residue[i] = i / 5;
        }

        return table;
    }

    // Five atoms a residue, the second its C-alpha.
    private static Structure Whole(AtomTable table)
    {
        var residues = Enumerable.Range(0, table.Count / 5).Select(r =>
            new Residue("ALA", 0, r, ' ', 0, r * 5, 5, r * 5 + 1, float.NaN)).ToArray();
        var chain = new ProteinChain("A", new string('A', residues.Length), [.. Enumerable.Range(0, residues.Length)], null);
        return new Structure("cloud", StructureFormat.Pdb, table, residues, [chain], false, []);
    }
}
