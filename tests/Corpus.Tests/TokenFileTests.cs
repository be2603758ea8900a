using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Ism.Structures.Numerics;

namespace Ism.Corpus.Tests;

public class TokenFileTests
{
    private static readonly TokenFileHeader Header =
        new("c0ffee", 3, new PositionRange(768, 5), "abc123", "0.1.0", ["autoencoder", "mutrank"]);

    [Fact]
    public void Should_give_back_every_row_and_account_for_every_position()
    {
        using var folder = new TemporaryFolder();
        var path = TokenFile.PathOf(folder.Path, 3);
        var (rows, quarantine) = Content();

        var summary = TokenFileWriter.Write(path, Header, rows, quarantine);
        using var file = TokenFile.Open(path);

        Assert.EndsWith("chunk-000003.arrow", path);
        Assert.Equal((3, 4, 2), (summary.Structures, summary.Chains, summary.Quarantined));
        Assert.Equal(rows.Sum(row => row.Sequence.Length), summary.Residues);
        Assert.Equal(new FileInfo(path).Length, summary.Bytes);
        Assert.Equivalent(Header, file.Header);
        Assert.Equal(quarantine, file.Quarantine);
        Assert.Equivalent(rows, Enumerable.Range(0, file.RowCount).Select(file.Row), strict: true);
        Assert.Equal([1, 0, 2, 1, 0], Enumerable.Range(768, 5).Select(position => file.ChainCountOf(position)));
        Assert.Equal(1..3, file.RowsOf(770));
        Assert.False(file.HasPlddt(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.RowsOf(773));
    }

    [Fact]
    public void Should_write_the_same_bytes_whatever_the_order_of_finishing()
    {
        using var folder = new TemporaryFolder();
        var (rows, quarantine) = Content();
        TokenRow[] finishedLate = [rows[3], rows[1], rows[2], rows[0]];

        var first = TokenFileWriter.Write(folder.File("a.arrow"), Header, rows, quarantine);
        var second = TokenFileWriter.Write(folder.File("b.arrow"), Header, finishedLate, quarantine.Reverse());

        Assert.Equal(first, second);
        Assert.Equal(File.ReadAllBytes(folder.File("a.arrow")), File.ReadAllBytes(folder.File("b.arrow")));
    }

    [Fact]
    public void Should_be_a_standard_arrow_file_with_named_columns_and_metadata()
    {
        using var folder = new TemporaryFolder();
        var (rows, quarantine) = Content();
        TokenFileWriter.Write(folder.File("a.arrow"), Header, rows, quarantine);

        using var stream = File.OpenRead(folder.File("a.arrow"));
        using var reader = new ArrowFileReader(stream, new CompressionCodecFactory());
        using var batch = reader.ReadNextRecordBatch();

        Assert.Equal("ARROW1"u8.ToArray(), File.ReadAllBytes(folder.File("a.arrow"))[..6]);
        Assert.Equal("ARROW1"u8.ToArray(), File.ReadAllBytes(folder.File("a.arrow"))[^6..]);
        Assert.Equal(
            ["position", "name", "chain", "sequence", "tokens.autoencoder", "tokens.mutrank", "plddt", "notes"],
            batch.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(ArrowTypeId.UInt16, ((ListType)batch.Schema.GetFieldByName("tokens.mutrank").DataType).ValueDataType.TypeId);
        Assert.Equal("abc123", reader.Schema.Metadata["codebook"]);
        Assert.Equal("c0ffee", reader.Schema.Metadata["catalogue"]);
        var tokens = (UInt16Array)((ListArray)batch.Column("tokens.mutrank")).GetSlicedValues(1);
        Assert.Equal(rows[1].Tokens[1], tokens.Values.ToArray());
        Assert.True(((ListArray)batch.Column("plddt")).IsNull(3));
    }

    [Fact]
    public void Should_hold_a_chunk_of_which_nothing_could_be_used()
    {
        using var folder = new TemporaryFolder();
        var header = Header with { Positions = new PositionRange(0, 2) };
        TokenFileWriter.Write(folder.File("a.arrow"), header, [],
            [new QuarantinedStructure(1, "b", "empty", "b.cif: no atoms"), new QuarantinedStructure(0, "a\"<\n", "empty", "é")]);

        using var file = TokenFile.Open(folder.File("a.arrow"));
        Assert.Equal(0, file.RowCount);
        Assert.Equal(["a\"<\n", "b"], file.Quarantine.Select(entry => entry.Name));
    }

    [Fact]
    public void Should_refuse_to_forget_or_count_twice()
    {
        using var folder = new TemporaryFolder();
        var (rows, quarantine) = Content();

        Assert.Contains("position 769", Refusal(rows, quarantine[1..]));
        Assert.Contains("also tokenised", Refusal(rows, [.. quarantine, new QuarantinedStructure(768, "x", "y", "z")]));
        Assert.Contains("not in the chunk's 768..772", Refusal([.. rows, rows[0] with { Position = 800 }], quarantine));
        Assert.Contains("chain 'A'", Refusal([rows[0] with { Sequence = "AC" }, .. rows[1..]], quarantine));
        Assert.Empty(Directory.GetFiles(folder.Path));

        string Refusal(IEnumerable<TokenRow> kept, IEnumerable<QuarantinedStructure> refused) => Assert.Throws<ArgumentException>(
            () => TokenFileWriter.Write(folder.File("a.arrow"), Header, kept, refused)).Message;
    }

    [Fact]
    public void Should_refuse_a_truncated_file_and_name_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.arrow");
        var (rows, quarantine) = Content();
        TokenFileWriter.Write(path, Header, rows, quarantine);
        var bytes = File.ReadAllBytes(path);
        for (var length = 0; length < bytes.Length; length += 37)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TokenFile.Open(path)).Message);
        }
    }

    [Fact]
    public void Should_never_give_back_other_content_than_was_written_from_a_damaged_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.arrow");
        var (rows, quarantine) = Content();
        TokenFileWriter.Write(path, Header, rows, quarantine);
        var bytes = File.ReadAllBytes(path);
        var random = new CounterRandom(11);
        var refused = 0;
        for (var trial = 0; trial < 400; trial++)
        {
            var damaged = bytes.ToArray();
            damaged[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
            File.WriteAllBytes(path, damaged);
            try
            {
                // Padding between buffers may differ; what is read may not.
                using var file = TokenFile.Open(path);
                Assert.Equivalent(rows, Enumerable.Range(0, file.RowCount).Select(file.Row), strict: true);
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    private static (TokenRow[] Rows, QuarantinedStructure[] Quarantine) Content() => (
        [
            Row(768, "AF-P1-F1", "A", 40, plddt: true),
            Row(770, "1abc", "A", 7, plddt: true),
            Row(770, "1abc", "B", 300, plddt: true),
            Row(771, "2xyz", "long name", 1, plddt: false) with { Notes = "altloc B; MSE→MET" },
        ],
        [
            new QuarantinedStructure(769, "broken", "syntax", "broken.cif line 3: 'x' is no number"),
            new QuarantinedStructure(772, "dna", "no-protein", "dna.cif holds no protein chain"),
        ]);

    private static TokenRow Row(long position, string name, string chain, int length, bool plddt)
    {
        var random = new CounterRandom((ulong)position, (ulong)length);
        var sequence = string.Concat(Enumerable.Range(0, length).Select(_ => "ACDEFGHIKLMNPQRSTVWY"[random.NextInt32(20)]));
        return new TokenRow
        {
            Position = position,
            Name = name,
            Chain = chain,
            Sequence = sequence,
            Tokens = [Draw(64), Draw(512)],
            Plddt = plddt ? [.. Draw(101).Select(value => (byte)value)] : null,
        };

        ushort[] Draw(int below) =>
            [.. Enumerable.Range(0, length).Select(index => index == 5 && below != 101 ? TokenRow.NoToken
                : (ushort)random.NextInt32(below))];
    }
}
