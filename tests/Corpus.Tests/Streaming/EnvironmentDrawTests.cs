using System.Buffers.Binary;
using CsCheck;
using Ism.Corpus.Streaming;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Corpus.Tests.Streaming;

public class EnvironmentDrawTests
{
    private static readonly Gen<Microenvironment> Environments =
        from atoms in Gen.Int[0, 40]
        from elements in Gen.Byte[0, 6].Array[atoms]
        from coordinates in Gen.Float[-10, 10].Array[3 * atoms]
        from aminoAcid in Gen.Byte[0, 20]
        select new Microenvironment(elements, coordinates, aminoAcid);

    [Fact]
    public void Should_come_back_from_bytes_as_they_were() => Environments.Array[0, 6].Sample(
        environments => Same(environments, EnvironmentDraw.FromBytes(EnvironmentDraw.ToBytes(environments))),
        seed: "0000KOIPBCH4", iter: 200, threads: 1);

    [Fact]
    public void Should_find_the_environments_of_the_residues_that_the_visit_draws()
    {
        using var folder = new TemporaryFolder();
        SyntheticCorpus.Write(folder.Path, 1, seed: 9, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        var (_, structure, _) = StructureBatch.Read([.. StructureSources.List(folder.Path)], StructureReaderOptions.Default).Single();
        var chain = structure!.Chains.Single();
        var (finder, another) = (new MicroenvironmentFinder(), new MicroenvironmentFinder());
        another.Use(structure);
        for (var visit = 1UL; visit < 20; visit++)
        {
            var expected = Draws.Residues(visit, chain.Length, 6).Select(i => another.Find(chain.ResidueIndices[i]));
            Same([.. expected], EnvironmentDraw.Draw(finder, structure, visit, 6));
        }

        Assert.Equal(chain.Length, EnvironmentDraw.Draw(finder, structure, 1, 0).Length);
    }

    [Fact]
    public void Should_refuse_bytes_that_are_cut()
    {
        Microenvironment[] environments = [new([1, 2], [1, 2, 3, 4, 5, 6], 7), new([3], [7, 8, 9], 20)];
        var bytes = EnvironmentDraw.ToBytes(environments);
        var first = EnvironmentDraw.ToBytes(environments[..1]).Length;
        for (var length = 1; length < bytes.Length; length++)
        {
            if (length != first)
            {
                Assert.Throws<InvalidDataException>(() => EnvironmentDraw.FromBytes(bytes.AsSpan(0, length)));
            }
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(3)]
    public void Should_refuse_a_number_of_atoms_that_cannot_be(int atoms)
    {
        var bytes = EnvironmentDraw.ToBytes([new([1, 2], [1, 2, 3, 4, 5, 6], 7)]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), atoms);

        Assert.Throws<InvalidDataException>(() => EnvironmentDraw.FromBytes(bytes));
    }

    private static void Same(IReadOnlyList<Microenvironment> expected, IReadOnlyList<Microenvironment> found)
    {
        Assert.Equal(expected.Count, found.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].AminoAcid, found[i].AminoAcid);
            Assert.Equal(expected[i].Elements, found[i].Elements);
            Assert.Equal(expected[i].Coordinates, found[i].Coordinates);
        }
    }
}
