using Ism.Structures.Measurement;
using Ism.Tests;

namespace Ism.Structures.Tests.Reading;

/// <summary>What reading and searching allocate, in bytes, which unlike time is the same on every machine.</summary>
public class AllocationTests
{
    [SkippableTheory]
    [InlineData("1AKE.cif")]
    [InlineData("1ZNJ.pdb.gz")]
    [InlineData("1BF4.pdb")]
    public void Should_allocate_little_more_than_the_structure_itself(string file)
    {
        var path = ReferenceData.StructuresPath("edge", file);
        Structure? structure = null;
        for (var i = 0; i < 3; i++)
        {
            // The first makes the buffers that later ones use again.
            var pass = ReadingPass.Run([path], null, s => structure = s);
            if (i == 0)
            {
                continue;
            }

            // 17 bytes an atom; a residue is 48 bytes and is held twice for a moment; the rest is names, notes, lists and streams.
            var bound = (17L * structure!.Atoms.Count) + (140L * structure.Residues.Length) + 24_000;
            Assert.True(pass.AllocatedBytes <= bound, $"{file}: {pass.AllocatedBytes} bytes allocated, bound {bound}");
        }
    }

    [SkippableFact]
    public void Should_allocate_nothing_to_list_neighbours()
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "1AKE.cif"));
        var finder = new MicroenvironmentFinder();
        EnvironmentPass.Neighbours([structure], finder);
        var again = EnvironmentPass.Neighbours([structure], finder);
        Assert.True(again.Residues > 100);
        Assert.True(again.AllocatedBytes <= 200, $"{again.AllocatedBytes} bytes allocated for {again.Residues} residues");
    }
}
