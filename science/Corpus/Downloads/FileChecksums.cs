using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Ism.Corpus.Downloads;

/// <summary>Checksums of a file's bytes, lower-case hex.</summary>
internal sealed record FileChecksums(string Sha256, string Md5, string Crc32C, long Bytes)
{
    /// <summary>Reads a file once and computes all of them.</summary>
    public static async Task<FileChecksums> OfAsync(string path, CancellationToken cancellation)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        // MD5 is what the servers offer against damage on the way; it guards against nothing else.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var crc = uint.MaxValue;
        var bytes = 0L;
        var buffer = new byte[1 << 18];
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, useAsync: false);
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            var data = buffer.AsSpan(0, read);
            sha.AppendData(data);
            md5.AppendData(data);
            crc = Crc(crc, data);
            bytes += read;
        }

        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(value, ~crc);
        return new FileChecksums(Convert.ToHexStringLower(sha.GetHashAndReset()), Convert.ToHexStringLower(md5.GetHashAndReset()),
            Convert.ToHexStringLower(value), bytes);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(data))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var one in data[(data.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }
}
