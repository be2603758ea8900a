using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using Ism.Corpus.Streaming;

namespace Ism.Corpus.Tests.Streaming;

public class SamplePayloadTests
{
    [Fact]
    public void Should_split_into_the_samples_that_were_appended() => Gen.Select(Gen.Int, Gen.Byte.Array[0, 50]).Array[0, 12].Sample(
        samples =>
        {
            var found = SamplePayload.Split(Stream(samples)).ToList();
            Assert.Equal(samples.Select(s => s.Item1), found.Select(s => s.Row));
            Assert.Equal(samples.Select(s => Convert.ToHexString(s.Item2)), found.Select(s => Convert.ToHexString(s.Sample.Span)));
        },
        seed: "0000KOIPBCH4", iter: 200, threads: 1);

    [Fact]
    public void Should_refuse_a_stream_that_ends_inside_a_sample()
    {
        var stream = Stream([(1, [1, 2, 3])]);
        for (var length = 1; length < stream.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => SamplePayload.Split(stream.AsMemory(0, length)).Count());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(4)]
    public void Should_refuse_a_length_that_cannot_be(int length)
    {
        var stream = Stream([(1, [1, 2, 3])]);
        BinaryPrimitives.WriteInt32LittleEndian(stream.AsSpan(4), length);

        Assert.Throws<InvalidDataException>(() => SamplePayload.Split(stream).Count());
    }

    private static byte[] Stream(IEnumerable<(int Row, byte[] Sample)> samples)
    {
        var stream = new ArrayBufferWriter<byte>();
        foreach (var (row, sample) in samples)
        {
            SamplePayload.Append(stream, row, sample);
        }

        return stream.WrittenSpan.ToArray();
    }
}
