using Ism.Corpus.Teachers;
using Ism.Structures;

namespace Ism.Corpus.Tests.Teachers;

public sealed class TeacherPartsTests : IDisposable
{
    private const ushort None = TokenRow.NoToken;
    private readonly TemporaryFolder _folder = new();
    private readonly Catalogue _catalogue = Catalogue.Create(
        ((string[])["/a/one.pdb", "/a/two.cif.gz", "/a/1abc_x.pdb", "/b/one.cif", "/b/five.pdb"])
            .Select(path => new StructureEntry(path, null, -1, 0, 1)),
        chunkSize: 2);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Should_find_structures_by_name_by_file_name_and_with_a_chain_behind()
    {
        var names = new StructureNames(_catalogue);
        Check("one", null, 0, 3);
        Check("two.cif.gz", null, 1);
        Check("two_B", "B", 1);
        Check("two.cif.gz_B", "B", 1);
        Check("1abc_x", null, 2);
        Check("1abc_x_A", "A", 2);
        Check("six", null);
        Check("_A", null);

        void Check(string name, string? chain, params long[] positions)
        {
            var found = names.Find(name);
            Assert.Equal(positions, found.Positions);
            Assert.Equal(chain, found.Chain);
        }
    }

    [Fact]
    public void Should_give_each_chain_the_first_tokens_of_its_name_length_and_sequence()
    {
        var folder = _folder.File("parts");
        var coverage = TeacherParts.Write(folder, _catalogue,
        [
            new("one", null, null, [1, 2, 3]),
            new("one", null, null, [9, 9]),
            new("one", null, null, [8, 8]),
            new("two_B", null, null, [4]),
            new("two", "C", null, [5]),
            new("1abc_x", "A", "AC", [6, 6]),
            new("1abc_x", "A", "AG", [7, 7]),
            new("nobody", null, null, [0]),
        ]);
        Assert.Equal(new TeacherCoverage(8, 7, 5, 4), coverage);
        Assert.Equal(0.2, coverage.Missing, 1e-12);
        Assert.Equal(coverage, TeacherParts.Find(folder));
        Assert.Null(TeacherParts.Find(_folder.File("other")));

        var (first, second, last) = (TeacherPart.Load(folder, 0), TeacherPart.Load(folder, 1), TeacherPart.Load(folder, 2));
        Assert.Equal([1, 2, 3], first.TokensOf(0, "A", "ACD"));
        Assert.Equal([9, 9], first.TokensOf(0, "B", "AC"));
        Assert.Equal([None, None, None, None], first.TokensOf(0, "A", "ACDE"));
        Assert.Equal([4], first.TokensOf(1, "B", "A"));
        Assert.Equal([5], first.TokensOf(1, "C", "A"));
        Assert.Equal([None], first.TokensOf(1, "D", "A"));
        Assert.Equal([7, 7], second.TokensOf(2, "A", "AG"));
        Assert.Equal([6, 6], second.TokensOf(2, "A", "XC"));
        Assert.Equal([None, None], second.TokensOf(2, "A", "GA"));
        Assert.Equal([1, 2, 3], second.TokensOf(3, "A", "AAA"));
        Assert.Equal([None], last.TokensOf(4, "A", "A"));
    }

    [Fact]
    public void Should_leave_nothing_behind_when_a_row_cannot_be_read_and_refuse_a_damaged_part()
    {
        var folder = _folder.File("parts");
        Assert.Throws<InvalidDataException>(() => TeacherParts.Write(folder, _catalogue, Broken()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        Assert.Throws<DirectoryNotFoundException>(() => TeacherPart.Load(folder, 0));

        TeacherParts.Write(folder, _catalogue, [new("one", null, "ACD", [1, 2, 3])]);
        var path = TeacherParts.PathOf(folder, 0);
        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(path, damaged);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TeacherPart.Load(folder, 0)).Message);
        }

        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Throws<InvalidDataException>(() => TeacherPart.Load(folder, 0));

        static IEnumerable<TeacherTokens> Broken()
        {
            yield return new("one", null, null, [1]);
            throw new InvalidDataException("row 1");
        }
    }
}
