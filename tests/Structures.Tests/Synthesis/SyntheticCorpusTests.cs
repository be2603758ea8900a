using Ism.Structures.Synthesis;

namespace Ism.Structures.Tests.Synthesis;

public class SyntheticCorpusTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_read_back_as_it_was_generated(bool predicted)
    {
        var folder = Directory.CreateTempSubdirectory("ism-synth-").FullName;
        try
        {
            var options = new SynthesisOptions { Predicted = predicted, MaxLength = 120 };
            SyntheticCorpus.Write(folder, 6, 21, options);

            for (var index = 0; index < 6; index++)
            {
                var made = ProteinSynthesizer.Generate(21, index, options);
                var read = StructureReader.ReadFile(Path.Combine(folder, ProteinSynthesizer.NameOf(index, predicted) + ".cif"));
                var chain = Assert.Single(read.Chains);

                Assert.Equal(made.Name, read.Name);
                Assert.Equal(made.Sequence, chain.Sequence);
                Assert.Equal(predicted, read.IsPredicted);
                Assert.Equal(made.Residues.Sum(residue => residue.Atoms.Count), read.Atoms.Count);
                Assert.All(
                    made.Residues.SelectMany(residue => residue.Atoms).Zip(read.Atoms.X, read.Atoms.Z),
                    pair => Assert.True(Math.Abs(pair.First.Position.X - pair.Second)
                        + Math.Abs(pair.First.Position.Z - pair.Third) < 0.002));
                if (predicted)
                {
                    Assert.Equal(made.Residues.Select(residue => (float)residue.BFactor), chain.Plddt);
                }
            }

            Assert.Equal(6, StructureSources.List(folder).Count());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Should_report_every_file_and_write_the_same_bytes_again()
    {
        var folders = new[] { "a", "b" }.Select(_ => Directory.CreateTempSubdirectory("ism-synth-").FullName).ToArray();
        try
        {
            var reported = 0;
            var progress = new Counter(() => Interlocked.Increment(ref reported));
            foreach (var folder in folders)
            {
                SyntheticCorpus.Write(folder, 5, 22, new SynthesisOptions { MaxLength = 80 }, progress);
            }

            Assert.Equal(10, reported);
            var names = Directory.GetFiles(folders[0]).Select(Path.GetFileName).Order().ToArray();
            Assert.Equal("AF-SYNTH0001-F1-model_v4.cif", names[0]);
            Assert.All(names, name => Assert.Equal(
                File.ReadAllBytes(Path.Combine(folders[0], name!)), File.ReadAllBytes(Path.Combine(folders[1], name!))));
        }
        finally
        {
            Array.ForEach(folders, folder => Directory.Delete(folder, recursive: true));
        }
    }

    private sealed class Counter(Action count) : IProgress<int>
    {
        public void Report(int value) => count();
    }
}
