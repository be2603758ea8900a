using Ism.Structures.Alignments;
using Ism.Structures.Synthesis;

namespace Ism.Structures.Tests.Synthesis;

public sealed class SyntheticAlignmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-relatives-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_write_the_same_relatives_again_and_the_same_structures_as_without_them()
    {
        var options = new SynthesisOptions { MinLength = 30, MaxLength = 50 };
        SyntheticCorpus.Write(At("plain"), 2, 9, options);
        SyntheticCorpus.Write(At("a"), 2, 9, options, alignments: new(At("a3m"), 20));
        SyntheticCorpus.Write(At("b"), 2, 9, options, alignments: new(At("again"), 20));
        var folder = new AlignmentFolder(At("a3m"));
        Assert.Equal(2, folder.Count);
        foreach (var path in Directory.GetFiles(At("plain")))
        {
            Assert.Equal(File.ReadAllText(path), File.ReadAllText(Path.Combine(At("a"), Path.GetFileName(path))));
            var structure = StructureReader.ReadFile(path);
            var found = folder.Find(structure.Name, structure.Chains[0].Id)!;
            Assert.Equal(File.ReadAllText(found), File.ReadAllText(Path.Combine(At("again"), Path.GetFileName(found))));

            var alignment = AlignmentReader.Read(found);
            Assert.Equal(structure.Chains[0].Sequence, alignment.Query);
            Assert.Equal(21, alignment.Count);
            var profile = AlignmentProfile.Of(alignment, new ProfileOptions());
            Assert.InRange(profile.EffectiveSequences, 5, 21);
        }
    }

    private string At(string name) => Path.Combine(_folder, name);
}
