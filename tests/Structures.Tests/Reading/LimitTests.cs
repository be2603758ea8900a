using System.IO.Compression;
using System.Text;
using static Ism.Structures.Tests.Reading.TextStructures;

namespace Ism.Structures.Tests.Reading;

/// <summary>Limits on chains and bytes, and compressed content.</summary>
public class LimitTests
{
    private static readonly byte[] Plain = Encoding.ASCII.GetBytes(Alanines(30));

    [Theory]
    [InlineData(31, 50, RefusalReason.TooShort)]
    [InlineData(1, 29, RefusalReason.TooLong)]
    public void Should_refuse_chains_outside_the_length_limits(int min, int max, RefusalReason reason)
    {
        var refusal = Refused(Alanines(30), options: new() { MinLength = min, MaxLength = max });
        Assert.Equal(reason, refusal.Reason);
        Assert.Contains("30 residues", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_leave_out_a_short_chain_but_keep_its_atoms_around_the_others()
    {
        var structure = Read(Alanines(30) + Alanines(5, 100, "B"), options: new() { MinLength = 20 });
        Assert.Equal("A", Assert.Single(structure.Chains).Id);
        Assert.Equal(175, structure.Atoms.Count);
        Assert.Equal(-1, structure.Residues[^1].Chain);
        Assert.True(structure.Notes("left out chain B of 5 residues"));
    }

    [Fact]
    public void Should_refuse_traces_without_side_chains()
    {
        var alphas = string.Concat(Enumerable.Range(1, 30).Select(i => Atom("CA", "LEU", i, 3.8 * i, 0, 0)));
        Assert.Equal(RefusalReason.CAlphaOnly, Refused(alphas, options: new()).Reason);
        var trace = string.Concat(Enumerable.Range(1, 30).Select(i => Residue("LEU", i)));
        Assert.Equal(RefusalReason.NoSideChains, Refused(trace, options: new()).Reason);
        var unknown = string.Concat(Enumerable.Range(1, 30).Select(i => Residue("UNK", i)));
        Assert.Equal(RefusalReason.UnknownSequence, Refused(unknown, options: new()).Reason);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("two gzip members")]
    [InlineData("gzip and padding")]
    [InlineData("zstd")]
    public void Should_decompress_by_content_whatever_the_name(string kind)
    {
        var structure = StructureReader.Read(new MemoryStream(Compressed(kind)), "x.pdb", Lenient);
        Assert.Equal(30, structure.Chains[0].Length);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("two gzip members")]
    [InlineData("zstd")]
    public void Should_refuse_a_compressed_stream_that_is_cut_anywhere(string kind)
    {
        var whole = Compressed(kind);
        for (var length = 20; length < whole.Length; length += Math.Max(1, Math.Min(97, (whole.Length - length) / 3)))
        {
            var cut = whole.AsSpan(0, length).ToArray();
            var refusal = Record.Exception(() => StructureReader.Read(new MemoryStream(cut), "x.pdb.gz", Lenient));
            Assert.Equal(RefusalReason.Truncated, Assert.IsType<StructureRefusedException>(refusal).Reason);
        }
    }

    [Fact]
    public void Should_refuse_a_corrupt_gzip_stream()
    {
        var bytes = Compressed("gzip");
        bytes.AsSpan(60, 40).Fill(0xA5);
        var refusal = Assert.Throws<StructureRefusedException>(() =>
            StructureReader.Read(new MemoryStream(bytes), "x.pdb.gz", Lenient));
        Assert.Contains(refusal.Reason, new[] { RefusalReason.Damaged, RefusalReason.Truncated });
    }

    [Fact]
    public void Should_bound_what_a_decompression_bomb_can_cause()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = 0; i < 64; i++)
            {
                gzip.Write(new byte[1 << 20]);
            }
        }

        bomb.Position = 0;
        var refusal = Assert.Throws<StructureRefusedException>(
            () => StructureReader.Read(bomb, "bomb.pdb.gz", Lenient with { MaxContentBytes = 1 << 20 }));
        Assert.Equal(RefusalReason.TooLarge, refusal.Reason);
    }

    [Fact]
    public void Should_bound_bytes_and_atoms()
    {
        Assert.Equal(RefusalReason.TooLarge, Refused(Alanines(30), options: Lenient with { MaxFileBytes = 1000 }).Reason);
        var many = Alanines(1999);
        Assert.Equal(RefusalReason.TooLarge, Refused(many, options: Lenient with { MaxAtoms = 5000 }).Reason);
    }

    [Theory]
    [InlineData("PK\u0003\u0004xxxx")]
    [InlineData("BZh91AY")]
    public void Should_name_a_compression_that_is_not_read(string content) =>
        Assert.Equal(RefusalReason.UnsupportedFormat, Refused(content, "x.pdb").Reason);

    [Theory]
    [InlineData("", RefusalReason.Empty)]
    [InlineData(" \n\n", RefusalReason.Empty)]
    [InlineData("hello world\n", RefusalReason.NotAStructure)]
    [InlineData("\u0001\u0000\u0002", RefusalReason.NotAStructure)]
    [InlineData("FCMP\u0001\u0000", RefusalReason.Truncated)]
    [InlineData("FCZC\u0001\u0000", RefusalReason.UnsupportedFormat)]
    [InlineData("HEADER    X\nEND\n", RefusalReason.NoAtoms)]
    public void Should_refuse_what_is_no_structure(string content, RefusalReason reason) =>
        Assert.Equal(reason, Refused(content).Reason);

    private static byte[] Compressed(string kind)
    {
        if (kind == "zstd")
        {
            using var compressor = new ZstdSharp.Compressor();
            return compressor.Wrap(Plain).ToArray();
        }

        var half = kind == "two gzip members" ? Plain.Length / 2 : Plain.Length;
        using var stream = new MemoryStream();
        foreach (var part in new[] { Plain[..half], Plain[half..] }.Where(part => part.Length > 0))
        {
            using var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(part);
        }

        stream.Write(new byte[kind == "gzip and padding" ? 512 : 0]);
        return stream.ToArray();
    }
}
