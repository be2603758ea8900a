using System.IO.Compression;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Ism.Corpus.Teachers;

namespace Ism.Corpus.Tests.Teachers;

public sealed class TeacherFileTests : IDisposable
{
    private const ushort None = TokenRow.NoToken;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Should_read_numbers_from_tsv_with_columns_in_any_order_and_blanks_at_will()
    {
        var path = Text("t.tsv", "sequence\ttokens\tNAME\tchain\nACD\t 3  0 -1 \tone\tB\n\n\t65535 1\ttwo\t\n");
        var rows = Read(path, new(4));
        Assert.Equal(["one", "two"], rows.Select(row => row.Name));
        Assert.Equal(["B", ""], rows.Select(row => row.Chain));
        Assert.Equal(["ACD", ""], rows.Select(row => row.Sequence));
        Assert.Equal([3, 0, None], rows[0].Tokens);
        Assert.Equal([None, 1], rows[1].Tokens);
    }

    [Fact]
    public void Should_read_letters_of_an_alphabet_in_either_case_from_zipped_csv_and_fasta()
    {
        // 3Di: the order of the letters is that of the ids.
        var alphabet = new TeacherAlphabet(0, "acdefghiklmnpqrstvwy");
        Assert.Equal(20, alphabet.Clusters);
        var csv = _folder.File("t.csv.gz");
        using (var zip = new GZipStream(File.Create(csv), CompressionMode.Compress))
        {
            zip.Write(Encoding.UTF8.GetBytes("name,tokens\n\"a, \"\"b\"\"\",ACy-\n"));
        }

        var row = Assert.Single(Read(csv, alphabet));
        Assert.Equal("a, \"b\"", row.Name);
        Assert.Null(row.Chain);
        Assert.Null(row.Sequence);
        Assert.Equal([0, 1, 19, None], row.Tokens);
        var fasta = Read(Text("t.fasta", ">x_A some words\nAC\nyd\n>y\nw\n"), alphabet);
        Assert.Equal(["x_A", "y"], fasta.Select(r => r.Name));
        Assert.Equal([0, 1, 19, 2], fasta[0].Tokens);

        // Where case makes the letter, it does.
        Assert.Equal([0, 1], new TeacherAlphabet(0, "aA").Read("aA"));
        Assert.Throws<InvalidDataException>(() => new TeacherAlphabet(0, "aAb").Read("B"));
    }

    [Theory]
    [InlineData("name,tokens\nx,0 4\n", "2: token 4 at residue 1")]
    [InlineData("name,tokens\nx,0 1.5\n", "2: '1.5' at residue 1")]
    [InlineData("name,tokens\nx,0,1\n", "2: 3 fields")]
    [InlineData("id,tokens\nx,0\n", "'name' and 'tokens'")]
    [InlineData("", "'name' and 'tokens'")]
    public void Should_say_where_a_file_is_wrong(string text, string expected)
    {
        var path = Text("bad.csv", text);
        var message = Assert.Throws<InvalidDataException>(() => Read(path, new(4))).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Should_refuse_alphabets_and_files_that_cannot_be_meant()
    {
        Assert.Throws<ArgumentException>(() => new TeacherAlphabet(1));
        Assert.Throws<ArgumentException>(() => new TeacherAlphabet(40_000));
        Assert.Throws<ArgumentException>(() => new TeacherAlphabet(3, "ab"));
        Assert.Throws<ArgumentException>(() => new TeacherAlphabet(0, "aba"));
        Assert.Contains(".xlsx", Assert.Throws<InvalidDataException>(() => Read("t.xlsx", new(4))).Message);
        Assert.Contains("alphabet", Assert.Throws<InvalidDataException>(() => Read("t.fasta", new(4))).Message);
        Assert.Throws<FileNotFoundException>(() => Read(_folder.File("none.csv"), new(4)));
        Assert.Throws<InvalidDataException>(() => Read(Text("t.arrow", "this is no Arrow file, and long enough to be looked at"), new(4)));
    }

    [Fact]
    public void Should_read_any_arrow_table_with_names_and_lists_of_numbers_batch_by_batch()
    {
        var lists = new ListArray.Builder(Int64Type.Default);
        foreach (var tokens in (long[][])[[1, 2, -1], [], [3]])
        {
            lists.Append();
            ((Int64Array.Builder)lists.ValueBuilder).AppendRange(tokens);
        }

        var names = new StringArray.Builder().AppendRange(["a", "b", "c"]).Build();
        var schema = new Schema(
            [new("name", StringType.Default, false), new("tokens.other", names.Data.DataType, true), new("tokens", new ListType(Int64Type.Default), false)], null);
        using var batch = new RecordBatch(schema, [names, new StringArray.Builder().AppendRange(["x", "y", "z"]).Build(), lists.Build()], 3);
        var path = _folder.File("t.arrow");
        using (var writer = new ArrowFileWriter(File.Create(path), schema))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        var rows = Read(path, new(4));
        Assert.Equal(["a", "b", "c", "a", "b", "c"], rows.Select(row => row.Name));
        Assert.Equal([1, 2, None], rows[3].Tokens);
        Assert.Empty(rows[1].Tokens);
        Assert.Contains("row 2", Assert.Throws<InvalidDataException>(() => Read(path, new(3))).Message);
        Assert.Equal([0], TeacherFile.Read(path, new(0, "xyz"), "other").First().Tokens);
    }

    [Fact]
    public void Should_read_the_column_of_a_token_file_of_ours()
    {
        var path = _folder.File("tokens.arrow");
        TokenFileWriter.Write(
            path, new TokenFileHeader("id", 0, new(0, 1), "hash", "0.1.0", ["autoencoder", "second"]),
            [
                new TokenRow { Position = 0, Name = "p", Chain = "A", Sequence = "AC", Tokens = [[0, 1], [2, None]] },
                new TokenRow { Position = 0, Name = "p", Chain = "B", Sequence = "G", Tokens = [[3], [1]] },
            ],
            []);
        var rows = TeacherFile.Read(path, new(4), "second").ToList();
        Assert.Equal([("p", "A", "AC"), ("p", "B", "G")], rows.Select(row => (row.Name, row.Chain!, row.Sequence!)));
        Assert.Equal([2, None], rows[0].Tokens);
        Assert.Equal(4, TeacherFile.Read(Folder(path), new(4), "second").Count());
        Assert.Throws<InvalidDataException>(() => TeacherFile.Read(Directory.CreateDirectory(_folder.File("empty")).FullName, new(4), "t"));
        Assert.Contains("tokens.third", Assert.Throws<InvalidDataException>(() => TeacherFile.Read(path, new(4), "third").ToList()).Message);
    }

    [Fact]
    public void Should_take_the_only_column_of_tokens_whatever_its_name()
    {
        var path = _folder.File("tokens.arrow");
        TokenFileWriter.Write(
            path, new TokenFileHeader("id", 0, new(0, 1), "hash", "0.1.0", ["autoencoder"]),
            [new TokenRow { Position = 0, Name = "p", Chain = "A", Sequence = "AC", Tokens = [[0, 1]] }], []);
        Assert.Equal([0, 1], TeacherFile.Read(path, new(4), "mutcompute").Single().Tokens);
    }

    // The same file twice in a folder of its own.
    private string Folder(string path)
    {
        var folder = Directory.CreateDirectory(_folder.File("files"));
        File.Copy(path, Path.Combine(folder.FullName, "chunk-000000.arrow"));
        File.Copy(path, Path.Combine(folder.FullName, "chunk-000001.arrow"));
        return folder.FullName;
    }

    private static List<TeacherTokens> Read(string path, TeacherAlphabet alphabet) => [.. TeacherFile.Read(path, alphabet, "t")];

    private string Text(string name, string text)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, text);
        return path;
    }
}
