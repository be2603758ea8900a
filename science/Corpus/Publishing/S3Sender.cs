using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Ism.Corpus.Downloads;
using Ism.Structures;

namespace Ism.Corpus.Publishing;

/// <summary>Sends single files to S3-compatible storage: each is compared with what has arrived (MD5 and ETag), keeps its SHA-256 beside
/// it, and large ones go in parts. The client's exceptions come as they are.</summary>
/// <param name="client">The storage.</param>
/// <param name="target">Where to: a bucket and the beginning of the keys.</param>
/// <param name="partBytes">Files larger than this are sent in parts of it; at least 5 MiB on Amazon's own storage.</param>
internal sealed class S3Sender(IAmazonS3 client, S3Address target, long partBytes)
{
    /// <summary>Under which an object's SHA-256 is kept with it.</summary>
    public const string HashField = "sha256";

    private const int MostParts = 10_000;
    private const int PartsAtOnce = 4;

    /// <summary>Whether a file is there with these bytes, by its length and the SHA-256 kept with it.</summary>
    public async Task<bool> IsThereAsync(string name, FileChecksums sums, CancellationToken cancellation)
    {
        try
        {
            var there = await client.GetObjectMetadataAsync(target.Bucket, target.Below(name).Key, cancellation);
            return there.ContentLength == sums.Bytes && there.Metadata[HashField] == sums.Sha256;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Sends a file. Who is killed in between leaves no object, or the one before.</summary>
    /// <exception cref="IOException">It cannot be read, or has arrived damaged.</exception>
    public async Task SendAsync(string name, string path, FileChecksums sums, CancellationToken cancellation)
    {
        if (sums.Bytes > partBytes)
        {
            await SendPartsAsync(name, path, sums, cancellation);
            return;
        }

        await using var stream = File.OpenRead(path);
        var request = new PutObjectRequest
        {
            BucketName = target.Bucket,
            Key = target.Below(name).Key,
            InputStream = stream,
            MD5Digest = Convert.ToBase64String(Convert.FromHexString(sums.Md5)),
            AutoCloseStream = false,
            UseChunkEncoding = false,
        };
        request.Metadata.Add(HashField, sums.Sha256);
        var put = await client.PutObjectAsync(request, cancellation);
        Compare(name, put.ETag, sums.Md5, put.ServerSideEncryptionMethod);
    }

    /// <summary>Sends a small object.</summary>
    public async Task SendAsync(string name, byte[] content, CancellationToken cancellation)
    {
        var md5 = System.Security.Cryptography.MD5.HashData(content);
        var request = new PutObjectRequest
        {
            BucketName = target.Bucket,
            Key = target.Below(name).Key,
            InputStream = new MemoryStream(content),
            MD5Digest = Convert.ToBase64String(md5),
            UseChunkEncoding = false,
        };
        request.Metadata.Add(HashField, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)));
        var put = await client.PutObjectAsync(request, cancellation);
        Compare(name, put.ETag, Convert.ToHexStringLower(md5), put.ServerSideEncryptionMethod);
    }

    private async Task SendPartsAsync(string name, string path, FileChecksums sums, CancellationToken cancellation)
    {
        var key = target.Below(name).Key;
        var begin = new InitiateMultipartUploadRequest { BucketName = target.Bucket, Key = key };
        begin.Metadata.Add(HashField, sums.Sha256);
        var upload = (await client.InitiateMultipartUploadAsync(begin, cancellation)).UploadId;
        try
        {
            var size = Math.Max(partBytes, (sums.Bytes + MostParts - 1) / MostParts);
            var count = (int)((sums.Bytes + size - 1) / size);
            var tags = new byte[count][];
            using var handle = File.OpenHandle(path, options: FileOptions.Asynchronous);
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellation };
            await Parallel.ForEachAsync(Enumerable.Range(0, count), parallel, async (part, cancel) =>
            {
                var bytes = new byte[Math.Min(size, sums.Bytes - part * size)];
                for (var read = 0; read < bytes.Length;)
                {
                    var more = await RandomAccess.ReadAsync(handle, bytes.AsMemory(read), part * size + read, cancel);
                    read += more > 0 ? more : throw new IOException($"{path} has become shorter while it was published; run it again");
                }

                tags[part] = System.Security.Cryptography.MD5.HashData(bytes);
                var sent = await client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = target.Bucket,
                        Key = key,
                        UploadId = upload,
                        PartNumber = part + 1,
                        PartSize = bytes.Length,
                        InputStream = new MemoryStream(bytes),
                        MD5Digest = Convert.ToBase64String(tags[part]),
                        UseChunkEncoding = false,
                    },
                    cancel);
                Compare(name, sent.ETag, Convert.ToHexStringLower(tags[part]), sent.ServerSideEncryptionMethod);
            });
            var done = await client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest
                {
                    BucketName = target.Bucket,
                    Key = key,
                    UploadId = upload,
                    PartETags = [.. tags.Select((tag, part) => new PartETag(part + 1, $"\"{Convert.ToHexStringLower(tag)}\""))],
                },
                cancellation);
            var whole = System.Security.Cryptography.MD5.HashData([.. tags.SelectMany(t => t)]);

            // Amazon's tag is made of those of the parts; some servers give the MD5 of the whole.
            if (done.ETag?.Trim('"') != sums.Md5)
            {
                Compare(name, done.ETag, $"{Convert.ToHexStringLower(whole)}-{count}", done.ServerSideEncryptionMethod);
            }
        }
        catch
        {
            await AbortAsync(key, upload);
            throw;
        }
    }

    // Parts that nobody completes are paid for until they are taken away; storage that does not know how keeps them.
    private async Task AbortAsync(string key, string upload)
    {
        try
        {
            await client.AbortMultipartUploadAsync(target.Bucket, key, upload);
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
        }
    }

    private void Compare(string name, string? tag, string expected, ServerSideEncryptionMethod? encryption)
    {
        // With keys of a key service the tag is no MD5; the storage has then compared the Content-MD5 alone.
        var comparable = encryption is null || encryption.Value is null or "" || encryption == ServerSideEncryptionMethod.AES256;
        if (comparable && tag?.Trim('"') != expected)
        {
            throw new IOException($"{target.Below(name)} has arrived damaged: its ETag is {tag}, not \"{expected}\"; run it again");
        }
    }
}
