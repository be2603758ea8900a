using System.IO.Compression;
using Ism.Evaluation.Data;

namespace Ism.Evaluation.Tests.Data;

public sealed class DataFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_read_flip_headers_of_fasta()
    {
        var records = DataFile.Read(Write("s.fasta", ">P1 TARGET=48.5 SET=train VALIDATION=True\nMKT\nAY\n>P2 TARGET=3 SET=test\nGGG*\n")).ToList();
        Assert.Equal(("P1", "MKTAY", 48.5, Part.Validation), (records[0].Require("id"), records[0].Require("sequence"),
            records[0].RequireNumber("target"), Parts.Of(records[0])!.Value));
        Assert.Equal(("GGG", Part.Test, 4), (records[1].Require("sequence"), Parts.Of(records[1])!.Value, records[1].Line));
    }

    [Fact]
    public void Should_read_quoted_csv_and_count_lines()
    {
        var records = DataFile.Read(Write("s.csv", "id,Sequence,target\n\"a,1\",MKT,\"x \"\"y\"\"\nz\"\n\nb,GG,1\n")).ToList();
        Assert.Equal(("a,1", "x \"y\"\nz", 2), (records[0].Require("id"), records[0].Require("target"), records[0].Line));
        Assert.Equal(("b", 5), (records[1].Require("ID"), records[1].Line));
    }

    [Fact]
    public void Should_read_json_lines_tsv_a3m_and_gz()
    {
        Assert.Equal("[1,2]", DataFile.Read(Write("s.jsonl", "{\"id\":\"a\",\"tokens\":[1,2],\"n\":3}\n")).Single().Require("tokens"));
        Assert.Equal("7", DataFile.Read(Write("s.tsv", "id\tn\na\t7\n")).Single().Require("n"));
        Assert.Equal("MKAY", DataFile.Read(Write("s.a3m", ">q\nMK-AY\n>h\nMKtAY\n")).Single().Require("sequence"));
        var gz = Path.Combine(_folder, "s.fa.gz");
        using (var stream = new GZipStream(File.Create(gz), CompressionMode.Compress))
        {
            stream.Write(">x\nMK\n"u8);
        }

        Assert.Equal("MK", DataFile.Read(gz).Single().Require("sequence"));
    }

    [Theory]
    [InlineData("s.csv", "id,n\na\n", "line 2: 1 fields, but the header has 2")]
    [InlineData("s.csv", "id,n\n\"a,1\n", "line 2: a quoted cell begins here and is never closed")]
    [InlineData("s.jsonl", "{\"id\":1}\n[1]\n", "line 2: is no JSON object")]
    [InlineData("s.fasta", "MK\n", "line 1: text before the first '>'")]
    [InlineData("s.fasta", ">a\n>b\nMK\n", "line 1: 'a' has no residues")]
    [InlineData("s.lmdb", "", "JSON lines or CSV")]
    [InlineData("s.pkl", "", "pickles")]
    [InlineData("s.doc", "", "no kind of file that is read")]
    public void Should_say_what_is_wrong_and_where(string name, string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataFileException>(() => DataFile.Read(Write(name, text)).ToList()).Message);

    [Fact]
    public void Should_refuse_mutations_that_do_not_fit()
    {
        var good = ProteinData.Mutations([(Write("g.csv", "pdb_id,wt_seq,mut_info,ddg\np,MKTA,K2G,1.5\np,MKTA,M1A:A4G,-1\n"), Part.Train)]);
        Assert.Equal([(1, 'G')], Assert.Single(good.Examples).Mutations![0].Changes);
        Assert.Equal([(0, 'A'), (3, 'G')], good.Examples[0].Mutations![1].Changes);
        var wrong = Assert.Throws<DataFileException>(
            () => ProteinData.Mutations([(Write("b.csv", "pdb_id,wt_seq,mut_info,ddg\np,MKTA,A2G,1.5\n"), null)]));
        Assert.Contains("line 2: 'A2G' says A at 2, but the sequence of 4 residues has K there", wrong.Message);
    }

    [Fact]
    public void Should_read_labels_beside_sequences_and_refuse_those_of_another_length()
    {
        var sequences = Write("seq.fasta", ">a SET=train\nMKTA\n>b SET=test\nGG\n");
        var labels = Write("lab.fasta", ">a\nHHEC\n>b\nC?\n");
        var examples = ResidueData.Read([sequences], ResidueLabel.ThreeStates, null, labels);
        Assert.Equal([0, 0, 1, 2], examples[0].ResidueClasses!);
        Assert.Equal([2, -1], examples[1].ResidueClasses!);
        Assert.Equal((Part.Train, Part.Test), (examples[0].Part!.Value, examples[1].Part!.Value));
        var shorter = Write("short.fasta", ">a\nHH\n>b\nCC\n");
        Assert.Contains("2 labels for 4 residues", Assert.Throws<DataFileException>(
            () => ResidueData.Read([sequences], ResidueLabel.ThreeStates, null, shorter)).Message);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
