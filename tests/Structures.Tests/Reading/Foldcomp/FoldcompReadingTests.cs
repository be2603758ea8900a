using Ism.Structures.Numerics;
using Ism.Tests;

namespace Ism.Structures.Tests.Reading.Foldcomp;

/// <summary>Files that foldcomp itself has written.</summary>
public class FoldcompReadingTests
{
    /// <summary>The file and what it was made from: the same residues and atoms, off by what the format rounds away.</summary>
    [SkippableFact]
    public void Should_restore_the_model_that_was_compressed()
    {
        var original = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "test_af.pdb"));
        var restored = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "test_af.fcz"));
        Assert.Equal(StructureFormat.Foldcomp, restored.Format);
        Assert.Equal(original.Chains.Select(c => (c.Id, c.Sequence)), restored.Chains.Select(c => (c.Id, c.Sequence)));
        Assert.Equal(original.Residues.Select(r => (r.Name, r.Number, r.AtomCount)),
            restored.Residues.Select(r => (r.Name, r.Number, r.AtomCount)));
        Assert.True(restored.IsPredicted);
        for (var r = 0; r < original.Residues.Length; r++)
        {
            // A 255th of the range of the model's pLDDT.
            Assert.Equal(original.Residues[r].Plddt, restored.Residues[r].Plddt, 0.5f);
        }

        var (alpha, all, worst) = Deviations(original, restored);
        Assert.True(alpha < 0.1, $"C-alphas are off by {alpha:f3} Å");
        Assert.True(all < 0.2, $"atoms are off by {all:f3} Å");
        Assert.True(worst < 0.8, $"one atom is off by {worst:f3} Å");
    }

    /// <summary>An experimental entry of 273 residues and 12 anchors, whose source is not at hand: its geometry is a protein's, and its
    /// B-factors are not taken for pLDDT.</summary>
    [SkippableFact]
    public void Should_restore_a_chain_over_many_anchors()
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "7m0y.fcz"));
        var chain = Assert.Single(structure.Chains);
        Assert.False(structure.IsPredicted);
        Assert.True(structure.Residues.Length > 200);
        Assert.All(structure.Residues, r => Assert.True(float.IsNaN(r.Plddt)));
        var steps = Enumerable.Range(1, chain.Length - 1)
            .Select(i => Distance(structure, structure.Residues[i - 1].AlphaCarbon, structure.Residues[i].AlphaCarbon)).ToList();
        Assert.All(steps, step => Assert.InRange(step, 2.7, 4.2));
        Assert.InRange(steps.Average(), 3.75, 3.85);

        // Nothing overlaps: heavy atoms of residues that are not neighbours stay 1.9 Å apart.
        for (var i = 0; i < structure.Atoms.Count; i++)
        {
            for (var j = i + 1; j < structure.Atoms.Count; j++)
            {
                Assert.True(structure.Atoms.Residue[j] - structure.Atoms.Residue[i] < 2 || Distance(structure, i, j) > 1.9,
                    $"atoms {i} and {j} are {Distance(structure, i, j):f2} Å apart");
            }
        }
    }

    [SkippableTheory]
    [InlineData("test_af.fcz")]
    [InlineData("7m0y.fcz")]
    public void Should_refuse_a_file_that_is_cut_anywhere(string file)
    {
        var whole = File.ReadAllBytes(ReferenceData.StructuresPath("edge", file));
        for (var length = 4; length < whole.Length; length += 1 + whole.Length / 300)
        {
            var cut = whole.AsSpan(0, length).ToArray();
            var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.Read(new MemoryStream(cut), "x.fcz"));
            Assert.Equal((length, RefusalReason.Truncated), (length, refusal.Reason));
        }
    }

    [SkippableFact]
    public void Should_give_a_structure_or_a_refusal_whatever_the_damage()
    {
        var clean = File.ReadAllBytes(ReferenceData.StructuresPath("edge", "test_af.fcz"));
        var random = new CounterRandom(20, 4);
        var reasons = new HashSet<RefusalReason>();
        var read = 0;
        for (var round = 0; round < 6000; round++)
        {
            var bytes = round % 2 == 0 ? MutationTests.Mutate(clean, ref random) : (byte[])clean.Clone();
            if (round % 2 != 0)
            {
                // The header's sizes, where most can go wrong.
                bytes[4 + random.NextInt32(90)] = (byte)random.NextInt32(256);
            }

            try
            {
                StructureReader.Read(new MemoryStream(bytes), "x.fcz", TextStructures.Lenient);
                read++;
            }
            catch (StructureRefusedException refusal)
            {
                reasons.Add(refusal.Reason);
            }
        }

        Assert.InRange(read, 1, 5999);
        Assert.Contains(RefusalReason.Damaged, reasons);
        Assert.Contains(RefusalReason.Truncated, reasons);
    }

    private static (double Alpha, double All, double Worst) Deviations(Structure original, Structure restored)
    {
        double alpha = 0, all = 0, worst = 0;
        for (var r = 0; r < original.Residues.Length; r++)
        {
            var (a, b) = (original.Residues[r], restored.Residues[r]);
            alpha += Squared(original, a.AlphaCarbon, restored, b.AlphaCarbon);

            // The two forms order a residue's atoms differently: of each the nearest of its element.
            for (var i = a.FirstAtom; i < a.FirstAtom + a.AtomCount; i++)
            {
                var nearest = Enumerable.Range(b.FirstAtom, b.AtomCount)
                    .Where(j => restored.Atoms.Elements[j] == original.Atoms.Elements[i])
                    .Min(j => Squared(original, i, restored, j));
                all += nearest;
                worst = Math.Max(worst, nearest);
            }
        }

        return (Math.Sqrt(alpha / original.Residues.Length), Math.Sqrt(all / original.Atoms.Count), Math.Sqrt(worst));
    }

    private static double Squared(Structure a, int i, Structure b, int j) => Math.Pow(a.Atoms.X[i] - b.Atoms.X[j], 2)
        + Math.Pow(a.Atoms.Y[i] - b.Atoms.Y[j], 2) + Math.Pow(a.Atoms.Z[i] - b.Atoms.Z[j], 2);

    private static double Distance(Structure structure, int i, int j) => Math.Sqrt(Squared(structure, i, structure, j));
}
