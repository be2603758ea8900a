using System.Globalization;
using Amazon.S3.Model;

namespace Ism.Structures;

/// <summary>
/// The bytes of an object, fetched in ranges as they are read: small ones first, larger ones while reading goes straight on.
/// All are of the version that was first met; a connection that breaks is taken up again where it broke.
/// </summary>
internal sealed class S3ObjectStream(S3Address address) : Stream
{
    private const int FirstRange = 256 << 10;
    private const int LargestRange = 8 << 20;
    private const int Tries = 4;

    private byte[] _buffer = [];
    private long _bufferStart;
    private int _buffered;
    private int _range = FirstRange;
    private long _length = -1;
    private string? _version;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length
    {
        get
        {
            if (_length < 0)
            {
                Fetch(Position);
            }

            return _length;
        }
    }

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || (_length >= 0 && Position >= _length))
        {
            return 0;
        }

        var at = Position - _bufferStart;
        if (at < 0 || at >= _buffered)
        {
            Fetch(Position);
            at = Position - _bufferStart;
            if (at < 0 || at >= _buffered)
            {
                return 0;
            }
        }

        var read = (int)Math.Min(buffer.Length, _buffered - at);
        _buffer.AsSpan((int)at, read).CopyTo(buffer);
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Fetch(long from)
    {
        _range = from == _bufferStart + _buffered && _buffered > 0 ? Math.Min(2 * _range, LargestRange) : FirstRange;
        if (_buffer.Length < _range)
        {
            _buffer = new byte[_range];
        }

        (_bufferStart, _buffered) = (from, 0);
        for (var tries = 1; ; tries++)
        {
            try
            {
                S3Storage.Call(address, () => FetchAsync(from));
                return;
            }
            catch (IOException e) when (tries < Tries && e is not StructureAccessException { IsMissing: true })
            {
                // The SDK tries a request again by itself, but not a body that breaks off; what has come of it stays.
            }
        }
    }

    private async Task<bool> FetchAsync(long from)
    {
        var request = new GetObjectRequest
        {
            BucketName = address.Bucket,
            Key = address.Key,
            ByteRange = new ByteRange(from + _buffered, from + _range - 1),
            EtagToMatch = _version,
        };
        GetObjectResponse response;
        try
        {
            response = await S3Storage.Client.GetObjectAsync(request);
        }
        catch (Amazon.S3.AmazonS3Exception e) when (e.StatusCode == System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // Reading begins at or behind the end; only an empty object is met this way before its length is known.
            _length = Math.Max(_length, 0);
            return false;
        }

        using (response)
        {
            _version ??= response.ETag;
            if (response.ETag != _version)
            {
                throw new IOException($"the object has changed while it was read ({response.ETag} instead of {_version})");
            }

            // No more than there is: of an empty object some servers announce a byte that never comes.
            _length = TotalLength(response);
            var expected = (int)Math.Clamp(_length - from, 0, _range);
            while (_buffered < expected)
            {
                var read = await response.ResponseStream.ReadAsync(_buffer.AsMemory(_buffered, expected - _buffered));
                _buffered += read > 0 ? read : throw new IOException($"the answer ends after {_buffered} of {expected} bytes");
            }
        }

        return true;
    }

    // "bytes 0-99/1234"; a server that ignores ranges gives the whole and no such header, which only fits a read from the start.
    private long TotalLength(GetObjectResponse response)
    {
        var range = response.ContentRange;
        if (range is null)
        {
            return _buffered == 0 && _bufferStart == 0 ? response.ContentLength
                : throw new IOException("the storage gives the whole object instead of a part of it");
        }

        return long.TryParse(range.AsSpan(range.IndexOf('/', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out var length) ? length : throw new IOException($"the storage answers with the range '{range}'");
    }
}
