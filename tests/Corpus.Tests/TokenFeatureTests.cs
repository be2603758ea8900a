using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Ism.Corpus.Streaming;
using Ism.Structures.Numerics;

namespace Ism.Corpus.Tests;

/// <summary>Token files that keep the encoder's embeddings.</summary>
public class TokenFeatureTests
{
    private const int Width = 6;
    private static readonly TokenFileHeader Header =
        new("c0ffee", 0, new PositionRange(0, 3), "abc", "0.1.0", ["autoencoder"]) { FeatureWidth = Width };

    [Fact]
    public void Should_give_back_the_features_of_every_residue()
    {
        using var folder = new TemporaryFolder();
        var rows = Rows();
        TokenFileWriter.Write(folder.File("a.arrow"), Header, rows, [new QuarantinedStructure(1, "bad", "empty", "no atoms")]);
        using var file = TokenFile.Open(folder.File("a.arrow"));
        Assert.Equivalent(Header, file.Header);
        for (var row = 0; row < rows.Length; row++)
        {
            Assert.Equal(rows[row].Features, file.Features(row).ToArray());
            Assert.Equal(rows[row].Features, file.Row(row).Features);
            Assert.Equal(rows[row].Tokens[0], file.Tokens(0, row).ToArray());
        }

        using var stream = File.OpenRead(folder.File("a.arrow"));
        using var reader = new ArrowFileReader(stream, new CompressionCodecFactory());
        using var batch = reader.ReadNextRecordBatch();
        var chain = (FixedSizeListArray)((ListArray)batch.Column("features")).GetSlicedValues(1);
        Assert.Equal(rows[1].Sequence.Length, chain.Length);
        var residue = (HalfFloatArray)chain.GetSlicedValues(3);
        Assert.Equal(rows[1].Features[(3 * Width)..(4 * Width)], Enumerable.Range(0, Width).Select(i => residue.GetValue(i)!.Value));
    }

    [Fact]
    public void Should_crop_them_with_the_residues_and_carry_them_in_bytes()
    {
        using var folder = new TemporaryFolder();
        TokenFileWriter.Write(folder.File("a.arrow"), Header, Rows(), [new QuarantinedStructure(1, "bad", "empty", "no atoms")]);
        using var file = TokenFile.Open(folder.File("a.arrow"));
        for (var visit = 0UL; visit < 50; visit++)
        {
            var crop = TokenCrop.Draw(file, 2, visit, 9)!;
            var row = 1 + Draws.Chain(visit, 2);
            Assert.Equal(file.Features(row).Slice(crop.Start * Width, crop.Sequence.Length * Width).ToArray(), crop.Features);
            var bytes = crop.ToBytes();
            var back = TokenCrop.FromBytes(bytes);
            Assert.Equal((crop.Name, crop.Start, Width), (back.Name, back.Start, back.FeatureWidth));
            Assert.Equal(crop.Features, back.Features);
            Assert.Equal(crop.Tokens, back.Tokens);

            // Without the features it is a sample as ever.
            var plain = (crop with { FeatureWidth = 0, Features = [] }).ToBytes();
            Assert.Equal(plain, bytes[..plain.Length]);
            Assert.Equal(0, TokenCrop.FromBytes(plain).FeatureWidth);
            for (var length = plain.Length + 1; length < bytes.Length; length++)
            {
                Assert.Throws<InvalidDataException>(() => TokenCrop.FromBytes(bytes.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Should_refuse_features_that_are_not_finite_or_of_another_number()
    {
        using var folder = new TemporaryFolder();
        var rows = Rows();
        Half[] infinite = [.. rows[0].Features];
        infinite[(2 * Width) + 1] = (Half)70_000f;
        Assert.Contains("feature 1 of residue 2", Refusal(rows[0] with { Features = infinite }));
        Assert.Contains("features, but there are 0", Refusal(rows[0] with { Features = [] }));
        Assert.Empty(Directory.GetFiles(folder.Path));

        string Refusal(TokenRow row) => Assert.Throws<ArgumentException>(() => TokenFileWriter.Write(
            folder.File("a.arrow"), Header with { Positions = new(0, 1) }, [row], [])).Message;
    }

    [Fact]
    public void Should_find_damage_in_features()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.arrow");
        var rows = Rows();
        TokenFileWriter.Write(path, Header, rows, [new QuarantinedStructure(1, "bad", "empty", "no atoms")]);
        var bytes = File.ReadAllBytes(path);
        var random = new CounterRandom(12);
        var refused = 0;
        for (var trial = 0; trial < 200; trial++)
        {
            var damaged = bytes.ToArray();
            damaged[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
            File.WriteAllBytes(path, damaged);
            try
            {
                using var file = TokenFile.Open(path);
                Assert.All(Enumerable.Range(0, file.RowCount), row => Assert.Equal(rows[row].Features, file.Features(row).ToArray()));
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 50, 200);
    }

    private static TokenRow[] Rows() => [Row(0, "A", 12), Row(2, "A", 40), Row(2, "B", 7)];

    private static TokenRow Row(long position, string chain, int length)
    {
        var random = new CounterRandom((ulong)position, (ulong)length);
        return new TokenRow
        {
            Position = position,
            Name = $"s{position}",
            Chain = chain,
            Sequence = new string('G', length),
            Tokens = [[.. Enumerable.Range(0, length).Select(_ => (ushort)random.NextInt32(64))]],
            Features = [.. Enumerable.Range(0, length * Width).Select(_ => (Half)((4 * random.NextDouble()) - 2))],
        };
    }
}
