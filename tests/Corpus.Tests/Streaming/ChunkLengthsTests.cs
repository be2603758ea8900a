using System.Buffers.Binary;
using Ism.Corpus.Streaming;

namespace Ism.Corpus.Tests.Streaming;

public sealed class ChunkLengthsTests : IDisposable
{
    private const int Crop = 12;
    private readonly TemporaryFolder _folder = new();
    private readonly TokenFile _file;

    public ChunkLengthsTests()
    {
        var path = _folder.File("a.arrow");
        TokenFileWriter.Write(
            path,
            new TokenFileHeader("c0ffee", 2, new PositionRange(8, 4), "abc", "0.1.0", ["autoencoder"]),
            [Row(8, "A", 35), Row(8, "B", 7), Row(10, "A", 11), Row(11, "A", 13)],
            [new QuarantinedStructure(9, "bad", "Empty", "nothing in it")]);
        _file = TokenFile.Open(path);
    }

    [Fact]
    public void Should_know_how_long_every_visits_crop_is()
    {
        var lengths = ChunkLengths.FromBytes(ChunkLengths.Of(_file).ToBytes());
        Assert.Equal(4, lengths.Positions);
        var seen = new HashSet<int>();
        for (var visit = 0UL; visit < 100; visit++)
        {
            for (var row = 0; row < 4; row++)
            {
                var drawn = TokenCrop.Draw(_file, 8 + row, visit, Crop)?.Sequence.Length ?? 0;
                Assert.Equal(drawn, lengths.CropLength(row, visit, Crop));
                seen.Add(drawn);
            }
        }

        Assert.Equal([0, 7, 11, 12], seen.Order());
        Assert.Equal(0, lengths.CropLength(4, 1, Crop));
    }

    [Fact]
    public void Should_refuse_bytes_that_are_cut_lengthened_or_impossible()
    {
        var bytes = ChunkLengths.Of(_file).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ChunkLengths.FromBytes(bytes.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => ChunkLengths.FromBytes([.. bytes, 0]));
        for (var at = 0; at < bytes.Length; at += 4)
        {
            foreach (var value in new[] { -1, int.MinValue })
            {
                var broken = bytes.ToArray();
                BinaryPrimitives.WriteInt32LittleEndian(broken.AsSpan(at), value);
                Assert.Throws<InvalidDataException>(() => ChunkLengths.FromBytes(broken));
            }

            var huge = bytes.ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(huge.AsSpan(at), int.MaxValue);
            if (at < 4 * 5)
            {
                Assert.Throws<InvalidDataException>(() => ChunkLengths.FromBytes(huge));
            }
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    private static TokenRow Row(long position, string chain, int length) => new()
    {
        Position = position,
        Name = $"protein-{position}",
        Chain = chain,
        Sequence = new string('A', length),
        Tokens = [new ushort[length]],
    };
}
