using System.Buffers;
using System.Buffers.Binary;

namespace Ism.Corpus.Streaming;

/// <summary>
/// The byte stream that answers a request for samples: for each, its row (int32), its length (int32) and its bytes, little-endian.
/// Length 0 is an empty position: the structure is quarantined or filtered.
/// </summary>
public static class SamplePayload
{
    private const int HeaderBytes = 8;

    /// <summary>Appends one sample.</summary>
    public static void Append(ArrayBufferWriter<byte> stream, int row, ReadOnlySpan<byte> sample)
    {
        var span = stream.GetSpan(HeaderBytes + sample.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span, row);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], sample.Length);
        sample.CopyTo(span[HeaderBytes..]);
        stream.Advance(HeaderBytes + sample.Length);
    }

    /// <summary>The samples of a whole stream, in order.</summary>
    /// <exception cref="InvalidDataException">The stream ends inside a sample, or a length is negative.</exception>
    public static IEnumerable<(int Row, ReadOnlyMemory<byte> Sample)> Split(ReadOnlyMemory<byte> stream)
    {
        for (var at = 0; at < stream.Length;)
        {
            if (stream.Length - at < HeaderBytes)
            {
                throw Broken(stream, at);
            }

            var row = BinaryPrimitives.ReadInt32LittleEndian(stream.Span[at..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(stream.Span[(at + 4)..]);
            if (length < 0 || length > stream.Length - at - HeaderBytes)
            {
                throw Broken(stream, at);
            }

            yield return (row, stream.Slice(at + HeaderBytes, length));
            at += HeaderBytes + length;
        }
    }

    private static InvalidDataException Broken(ReadOnlyMemory<byte> stream, int at) =>
        new($"a sample stream of {stream.Length} bytes ends inside the sample at byte {at}");
}
