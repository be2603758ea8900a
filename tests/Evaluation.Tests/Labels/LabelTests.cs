using Ism.Evaluation.Labels;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Evaluation.Tests.Labels;

/// <summary>Labels of structures made by hand, whose values follow from geometry.</summary>
public class LabelTests
{
    [Theory]
    [InlineData("HGIEBTSP-?", "HHHEECCCC?")]
    public void Should_make_three_states_of_eight(string eight, string three) =>
        Assert.Equal(three, string.Concat(eight.Select(SecondaryStructure.ToThree)));

    [Fact]
    public void Should_measure_a_lone_residue_and_two_that_overlap_as_spheres_do()
    {
        // One C-alpha has the whole sphere of radius 1.87 + 1.4; of two at distance d each loses a cap of height r - d / 2.
        const float radius = 1.87f + 1.4f, distance = 3;
        var one = SolventExposure.Measure(Alphas((0, 0, 0)), new SolventExposureOptions { Points = 4000 });
        Assert.Equal(4 * Math.PI * radius * radius, one[0], 1e-2);
        var two = SolventExposure.Measure(Alphas((0, 0, 0), (distance, 0f, 0f)), new SolventExposureOptions { Points = 4000 });
        var expected = 2 * Math.PI * radius * (radius + (distance / 2));
        Assert.All(two, area => Assert.InRange(area, 0.998 * expected, 1.002 * expected));
    }

    [Fact]
    public void Should_leave_other_chains_out_where_chains_are_measured_alone()
    {
        var structure = Alphas((0, 0, 0), (3, 0, 0));
        var apart = structure with { Residues = [structure.Residues[0], structure.Residues[1] with { Chain = 1 }] };
        var alone = SolventExposure.Measure(apart, new SolventExposureOptions { ChainsAlone = true });
        Assert.All(alone, area => Assert.Equal(4 * Math.PI * 3.27 * 3.27, area, 1e-2));
        Assert.All(SolventExposure.Measure(apart), area => Assert.True(area < alone[0]));
    }

    [Fact]
    public void Should_tell_contacts_below_eight_angstroms_between_valid_residues()
    {
        var map = new ContactMap([0, 7.99f, 8f, float.NaN], [0, 0, 0, float.NaN], [0, 0, 0, float.NaN]);
        Assert.Equal(3, map.ValidCount);
        Assert.True(map.IsContact(0, 1));
        Assert.False(map.IsContact(0, 2));
        Assert.False(map.IsContact(0, 3));
        Assert.False(map.IsValid(3));
        Assert.Equal(8f, map.Distance(0, 2));
    }

    [Fact]
    public void Should_label_what_was_built_as_helix_and_loop()
    {
        var (helix, asHelix, loop, loopAsHelix) = (0, 0, 0, 0);
        for (var i = 0; i < 6; i++)
        {
            var protein = ProteinSynthesizer.Generate(7, i, new SynthesisOptions());
            using var text = new StringWriter();
            MmcifWriter.Write(protein, text);
            using var file = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text.ToString()));
            var labels = Assert.Single(ChainLabels.Of(StructureReader.Read(file, "s.cif", new() { KeepAtomNames = true })));
            Assert.Equal(protein.Sequence, labels.Sequence);
            for (var r = 0; r < labels.Length; r++)
            {
                var isHelix = protein.Residues[r].State == SecondaryState.Helix;
                (helix, loop) = (helix + (isHelix ? 1 : 0), loop + (isHelix ? 0 : 1));
                asHelix += isHelix && labels.States3[r] == 'H' ? 1 : 0;
                loopAsHelix += !isHelix && labels.States3[r] == 'H' ? 1 : 0;
            }

            Assert.All(labels.RelativeExposure, share => Assert.InRange(share, 0f, 1.6f));
        }

        Assert.InRange((double)asHelix / helix, 0.8, 1);
        Assert.InRange((double)loopAsHelix / loop, 0, 0.15);
    }

    [Fact]
    public void Should_say_that_names_of_atoms_are_missing()
    {
        var structure = Alphas((0, 0, 0));
        var unnamed = structure with { Atoms = structure.Atoms with { Names = null } };
        Assert.Contains("KeepAtomNames", Assert.Throws<ArgumentException>(() => ChainLabels.Of(unnamed)).Message);
    }

    private static Structure Alphas(params (float X, float Y, float Z)[] places)
    {
        var atoms = new AtomTable([.. places.Select(p => p.X)], [.. places.Select(p => p.Y)], [.. places.Select(p => p.Z)],
            [.. places.Select(_ => (byte)ElementType.C)], [.. places.Select((_, i) => i)])
        {
            Names = [.. places.Select(_ => AtomNames.CA)],
        };
        var residues = places.Select((_, i) => new Residue("ALA", 0, i + 1, ' ', 0, i, 1, i, float.NaN)).ToArray();
        var chain = new ProteinChain("A", new string('A', places.Length), [.. places.Select((_, i) => i)], null);
        return new Structure("alphas", StructureFormat.Pdb, atoms, residues, [chain], false, []);
    }
}
