using Ism.Evaluation.Mutations;
using Ism.Structures.Alignments;

namespace Ism.Evaluation.Tests.Mutations;

public sealed class MutationListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-mutations-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_read_the_two_forms_that_such_lists_have()
    {
        var list = MutationList.Read(File("a.csv", "pdb_id,wt_seq,mut_info,ddg\n1abc,macd,a12G,-1.5\n\n1abc,,A1C:D3E,\n"));
        Assert.Equal([2, 4], list.Lines.Select(line => line.Line));
        Assert.Equal(("1abc", (string?)null, "MACD", -1.5), (list.Lines[0].Structure, list.Lines[0].Chain, list.Lines[0].Sequence, list.Lines[0].Measured));
        Assert.Equal([new Mutation('A', 12, 'G')], list.Lines[0].Mutations);
        Assert.Equal("A1C D3E", string.Join(' ', list.Lines[1].Mutations));
        Assert.Null(list.Lines[1].Sequence);
        Assert.Null(list.Lines[1].Measured);

        var other = MutationList.Read(File("b.tsv", "file\tchain\tmutation\tnote\nx.pdb.gz\tB\tW7Y\ta, b\n")).Lines.Single();
        Assert.Equal(("x.pdb.gz", "B", "W7Y"), (other.Structure, other.Chain, other.Mutations.Single().ToString()));
    }

    [Theory]
    [InlineData("pdb_id,ddg\n", "'mut_info'")]
    [InlineData("pdb_id,mut_info\nx,A0G\n", ":2: 'A0G'")]
    [InlineData("pdb_id,mut_info\nx,B1G\n", ":2: 'B1G'")]
    [InlineData("pdb_id,mut_info\nx,A1\n", ":2: 'A1'")]
    [InlineData("pdb_id,mut_info\nx,\n", ":2: ''")]
    [InlineData("pdb_id,mut_info\n,A1G\n", ":2: it names no structure")]
    [InlineData("pdb_id,mut_info,ddg\nx,A1G,much\n", ":2: ")]
    [InlineData("pdb_id,mut_info\nx\n", ":2: 1 fields")]
    public void Should_name_the_line_that_is_wrong(string text, string expected)
    {
        var path = File("bad.csv", text);
        var message = Assert.Throws<InvalidDataException>(() => MutationList.Read(path)).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(expected, message);
    }

    [Theory]
    [InlineData("MACDEF", "MACDEF", "0 1 2 3 4 5")]
    [InlineData("GSHMACDEF", "MACDEF", "-1 -1 -1 0 1 2 3 4 5")]
    [InlineData("MACDEF", "ACDE", "-1 0 1 2 3 -1")]
    [InlineData("MACDEFGHIKLMNPQRST", "MACDEFNPQRST", "0 1 2 3 4 5 -1 -1 -1 -1 -1 -1 6 7 8 9 10 11")]
    [InlineData("MACDEF", "MACXEF", "0 1 2 3 4 5")]
    [InlineData("CDEF", "MACDEF", "2 3 4 5")]
    public void Should_find_the_residues_that_were_seen(string whole, string chain, string places) =>
        Assert.Equal(places, string.Join(' ', SequencePlaces.Of(whole, chain)));

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }
}
