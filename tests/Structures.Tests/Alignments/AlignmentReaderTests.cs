using System.IO.Compression;
using System.Text;
using Ism.Structures.Alignments;

namespace Ism.Structures.Tests.Alignments;

public sealed class AlignmentReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-a3m-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_leave_out_insertions_annotations_and_consensus_of_a3m()
    {
        var path = Write("q.a3m", "#4\t1\n>ss_pred of q\nCHEE\n>q the query\nMK\nAW\n>Consensus\nxxxx\n\n>a\nMrs.KA-\n>b\n-\tBxJ*\n>c_consensus\nMMMM\n>d\nmKKKKx\n".Replace("xJ", "XJ", StringComparison.Ordinal));
        var read = AlignmentReader.Read(path);
        Assert.Equal("MKAW", read.Query);
        Assert.Equal(["MKAW", "MKA-", "-XXX", "KKKK"], Rows(read));
        Assert.Equal((4, 4, 4), (read.Count, read.Columns, read.Read));
    }

    [Fact]
    public void Should_take_lower_case_and_dots_of_aligned_fasta_and_drop_columns_without_the_query()
    {
        var text = ">q\nM-ka\n>a\nMWKA\n>b\n.c-Y\n";
        foreach (var path in new[] { Write("q.fasta", text), Zip("z.afa.gz", text) })
        {
            Assert.Equal(["MKA", "MKA", "--Y"], Rows(AlignmentReader.Read(path)));
        }

        Assert.Equal("z", AlignmentReader.NameOf("/x/z.afa.gz"));
        Assert.True(AlignmentReader.IsKnown("1abc_A.A3M.gz") && !AlignmentReader.IsKnown("1abc.sto") && !AlignmentReader.IsKnown("1abc.gz"));
    }

    [Fact]
    public void Should_thin_a_deep_alignment_out_evenly_and_keep_the_query()
    {
        var path = Write("deep.a3m", ">q\nAA\n" + string.Concat("CDEFGHIKL".Select(letter => $">{letter}\n{letter}{letter}\n")));
        var read = AlignmentReader.Read(path, most: 4);
        Assert.Equal(["AA", "CC", "FF", "II"], Rows(read));
        Assert.Equal(10, read.Read);
        Assert.Equal(["AA"], Rows(AlignmentReader.Read(path, most: 1)));
        Assert.Equal(10, AlignmentReader.Read(path, most: 10).Count);
    }

    [Theory]
    [InlineData("a.a3m", ">q\nMKA\n>short\nMK\n", "a.a3m:3: 'short' has 2 columns, but the query has 3: upper-case letters and '-' are columns")]
    [InlineData("a.fa", ">q\nMKA\n>long\nMKkA\n", "a.fa:3: 'long' has 4 columns, but the query has 3: all sequences of aligned FASTA have one length; name the file .a3m")]
    [InlineData("a.a3m", "MKA\n", "a.a3m:1: 'MKA' stands before the first '>'")]
    [InlineData("a.a3m", "# STOCKHOLM 1.0\nq MKA\n", "a.a3m:2: 'q MKA' stands before the first '>'; give A3M or aligned FASTA (Stockholm")]
    [InlineData("a.a3m", "", "a.a3m: holds no sequence")]
    [InlineData("a.a3m", ">ss_pred\nHHH\n", "a.a3m: holds no sequence")]
    [InlineData("a.a3m", ">q\n---\n", "a.a3m: the query, its first sequence, has no residues")]
    [InlineData("a.a3m", ">q\nMkA\n", "a.a3m:2: the query 'q' has 'k': lower-case letters are insertions")]
    [InlineData("a.a3m", ">q\nMKA\n>b\nM4A\n", "a.a3m:4: 'b' has the character '4' (code 52), which is no residue, gap or insertion; remove it")]
    public void Should_say_where_a_bad_file_is_wrong(string name, string text, string expected)
    {
        var refused = Assert.Throws<AlignmentFormatException>(() => AlignmentReader.Read(Write(name, text)));
        Assert.StartsWith(Path.Combine(_folder, expected), refused.Message);
    }

    [Fact]
    public void Should_refuse_a_gzip_file_that_is_cut_or_none()
    {
        var path = Zip("cut.a3m.gz", ">q\n" + new string('A', 5000) + "\n");
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^6]);
        Assert.Contains("cut short", Assert.Throws<AlignmentFormatException>(() => AlignmentReader.Read(path)).Message);
        var text = Write("text.a3m.gz", ">q\nMKA\n");
        Assert.Contains("is no gzip file", Assert.Throws<AlignmentFormatException>(() => AlignmentReader.Read(text)).Message);
    }

    [Fact]
    public void Should_find_files_by_structure_and_chain()
    {
        foreach (var name in new[] { "1abc_A.a3m", "1abc_A.fasta", "1abc_b.a3m", "2xyz.a3m.gz", "3DEFa.a2m", "P12345.a3m", "notes.txt" })
        {
            Write(Path.Combine(name.StartsWith('2') ? "deeper" : "", name), "");
        }

        var folder = new AlignmentFolder(_folder);
        Assert.Equal(6, folder.Count);
        Assert.Equal("1abc_A.a3m", Name("1abc", "A"));
        Assert.Equal("1abc_b.a3m", Name("1ABC", "B"));
        Assert.Equal("2xyz.a3m.gz", Name("2xyz", "Q"));
        Assert.Equal("3DEFa.a2m", Name("3def", "A"));
        Assert.Equal("P12345.a3m", Name("AF-P12345-F1-model_v4", "A"));
        Assert.Null(Name("AF-P12345-F2-model_v4", "A"));
        Assert.Null(Name("1abc", "C"));
        Assert.Throws<DirectoryNotFoundException>(() => new AlignmentFolder(Path.Combine(_folder, "nowhere")));

        string? Name(string structure, string chain) => folder.Find(structure, chain) is { } path ? Path.GetFileName(path) : null;
    }

    private static string[] Rows(SequenceAlignment alignment) => [.. Enumerable.Range(0, alignment.Count).Select(
        s => string.Concat(alignment.Row(s).ToArray().Select(code => code == SequenceAlignment.Gap ? '-' : AminoAcids.Letter(code))))];

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private string Zip(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        using var stream = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        stream.Write(Encoding.ASCII.GetBytes(text));
        return path;
    }
}
