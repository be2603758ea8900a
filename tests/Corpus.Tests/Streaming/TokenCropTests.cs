using System.Buffers.Binary;
using CsCheck;
using Ism.Corpus.Streaming;

namespace Ism.Corpus.Tests.Streaming;

public class TokenCropTests
{
    private static readonly Gen<TokenCrop> Crops =
        from length in Gen.Int[0, 60]
        from teachers in Gen.Int[0, 3]
        from name in Gen.String
        from start in Gen.Int[0, 5000]
        from sequence in Gen.Char['A', 'Z'].Select(c => (byte)c).Array[length]
        from tokens in Gen.UShort.Array[length].Array[teachers]
        select new TokenCrop(name, start, sequence, tokens);

    [Fact]
    public void Should_come_back_from_bytes_as_it_was() => Crops.Where(c => c.Name.IsNormalized()).Sample(
        crop =>
        {
            var back = TokenCrop.FromBytes(crop.ToBytes());
            Assert.Equal((crop.Name, crop.Start), (back.Name, back.Start));
            Assert.Equal(crop.Sequence, back.Sequence);
            Assert.Equal(crop.Tokens, back.Tokens);
        },
        seed: "0000KOIPBCH4", iter: 300, threads: 1);

    [Fact]
    public void Should_draw_chain_and_crop_of_the_visit()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("a.arrow"));
        using var file = TokenFile.Open(folder.File("a.arrow"));
        for (var visit = 0UL; visit < 200; visit++)
        {
            var crop = TokenCrop.Draw(file, 0, visit, 10)!;
            var row = Draws.Chain(visit, 2);
            var start = Draws.CropStart(visit, file.Length(row), 10);

            Assert.Equal(($"two-chains/{file.Chain(row)}", start), (crop.Name, crop.Start));
            Assert.Equal(file.Sequence(row).Slice(start, crop.Sequence.Length).ToArray(), crop.Sequence);
            Assert.Equal(file.Tokens(0, row).Slice(start, crop.Sequence.Length).ToArray(), crop.Tokens[0]);
            Assert.Equal(Math.Min(10, file.Length(row)), crop.Sequence.Length);
        }

        Assert.Null(TokenCrop.Draw(file, 1, 1, 10));
    }

    [Fact]
    public void Should_refuse_bytes_that_are_cut_or_lengthened()
    {
        var bytes = new TokenCrop("name/A", 3, "ACDEF"u8.ToArray(), [[1, 2, 3, 4, 5]]).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => TokenCrop.FromBytes(bytes.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => TokenCrop.FromBytes([.. bytes, 0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(12)]
    public void Should_refuse_impossible_numbers(int at)
    {
        foreach (var value in new[] { -1, int.MinValue, int.MaxValue })
        {
            var bytes = new TokenCrop("name/A", 3, "ACDEF"u8.ToArray(), [[1, 2, 3, 4, 5]]).ToBytes();
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
            if (at == 0 && value > 0)
            {
                // A start far away is possible: chains have no longest length here.
                Assert.Equal(value, TokenCrop.FromBytes(bytes).Start);
                continue;
            }

            Assert.Throws<InvalidDataException>(() => TokenCrop.FromBytes(bytes));
        }
    }

    [Fact]
    public void Should_refuse_lengths_without_an_overflow_or_a_huge_array()
    {
        // 0 residues with the most teachers adds up to 16 bytes: nothing may be made for each teacher.
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), int.MaxValue);

        Assert.Throws<InvalidDataException>(() => TokenCrop.FromBytes(bytes));
    }

    private static void Write(string path)
    {
        TokenRow Row(string chain, int length) => new()
        {
            Position = 0,
            Name = "two-chains",
            Chain = chain,
            Sequence = string.Concat(Enumerable.Range(0, length).Select(i => (char)('A' + (i % 20)))),
            Tokens = [[.. Enumerable.Range(0, length).Select(i => (ushort)(i * 3))]],
        };
        TokenFileWriter.Write(
            path,
            new TokenFileHeader("c0ffee", 0, new PositionRange(0, 2), "abc", "0.1.0", ["autoencoder"]),
            [Row("A", 35), Row("B", 7)],
            [new QuarantinedStructure(1, "bad", "Empty", "nothing in it")]);
    }
}
