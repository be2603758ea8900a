using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Ism.Corpus.Downloads;
using Ism.Structures;

namespace Ism.Corpus.Publishing;

/// <summary>
/// Copies files to S3-compatible storage. Each is compared with what has arrived (MD5 and ETag); large ones go in parts. The list
/// <c>manifest.sha256</c> is written last: what it names is there and whole, and it is taken away before anything it names is
/// replaced. Files that are there already are not sent again.
/// </summary>
/// <param name="client">The storage.</param>
/// <param name="target">Where to: a bucket and the beginning of the keys.</param>
/// <param name="partBytes">Files larger than this are sent in parts of it; at least 5 MiB on Amazon's own storage.</param>
public sealed class S3Publisher(IAmazonS3 client, S3Address target, long partBytes = 16L << 20)
{
    /// <summary>Name of the list of what is there, below the target.</summary>
    public const string ManifestName = DownloadRun.ManifestName;

    private const string HashField = "sha256";
    private const int MostParts = 10_000;
    private const int PartsAtOnce = 4;

    /// <summary>Publishes files.</summary>
    /// <param name="folder">The folder that their names are relative to.</param>
    /// <param name="files">Their names below it, with forward slashes.</param>
    /// <param name="progress">Told after each file: how many are done, and bytes sent.</param>
    /// <param name="cancellation">What has been sent stays, and is not sent again the next time.</param>
    /// <exception cref="IOException">A file cannot be read or has changed meanwhile, or the storage refuses or has damaged
    /// something.</exception>
    public async Task<PublishSummary> RunAsync(
        string folder, IReadOnlyList<string> files, Action<int, long>? progress, CancellationToken cancellation)
    {
        try
        {
            var listed = await ReadManifestAsync(cancellation);
            var summary = new PublishSummary(0, 0, 0, target.Below(ManifestName).ToString());
            var visible = listed.Count > 0;
            for (var i = 0; i < files.Count; i++)
            {
                var path = Path.Combine(folder, files[i]);
                var stamp = Stamp(path);
                var sums = await FileChecksums.OfAsync(path, cancellation);
                if (await IsThereAsync(files[i], sums, cancellation))
                {
                    summary = summary with { Present = summary.Present + 1 };
                }
                else
                {
                    if (visible && listed.ContainsKey(files[i]))
                    {
                        await client.DeleteObjectAsync(target.Bucket, target.Below(ManifestName).Key, cancellation);
                        visible = false;
                    }

                    await SendAsync(files[i], path, sums, cancellation);
                    summary = summary with { Sent = summary.Sent + 1, Bytes = summary.Bytes + sums.Bytes };
                }

                if (Stamp(path) != stamp)
                {
                    throw new IOException($"{path} has changed while it was published; run it again");
                }

                listed[files[i]] = sums.Sha256;
                progress?.Invoke(i + 1, summary.Bytes);
            }

            await WriteManifestAsync(listed, cancellation);
            return summary;
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new IOException($"{target}: {e.Message}", e);
        }
    }

    private static (long, DateTime) Stamp(string path)
    {
        var info = new FileInfo(path);
        return (info.Length, info.LastWriteTimeUtc);
    }

    private async Task<bool> IsThereAsync(string name, FileChecksums sums, CancellationToken cancellation)
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

    private async Task SendAsync(string name, string path, FileChecksums sums, CancellationToken cancellation)
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

    private async Task<SortedDictionary<string, string>> ReadManifestAsync(CancellationToken cancellation)
    {
        var listed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var there = await client.GetObjectAsync(target.Bucket, target.Below(ManifestName).Key, cancellation);
            using var reader = new StreamReader(there.ResponseStream);
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                if (line.Length > 66)
                {
                    listed[line[66..]] = line[..64];
                }
            }
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
        }

        return listed;
    }

    private async Task WriteManifestAsync(SortedDictionary<string, string> listed, CancellationToken cancellation)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(listed.Select(l => $"{l.Value}  {l.Key}\n")));
        var md5 = System.Security.Cryptography.MD5.HashData(bytes);
        var put = await client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = target.Bucket,
                Key = target.Below(ManifestName).Key,
                InputStream = new MemoryStream(bytes),
                MD5Digest = Convert.ToBase64String(md5),
                UseChunkEncoding = false,
            },
            cancellation);
        Compare(ManifestName, put.ETag, Convert.ToHexStringLower(md5), put.ServerSideEncryptionMethod);
    }
}

/// <summary>What a run of <see cref="S3Publisher"/> did.</summary>
/// <param name="Sent">Files sent.</param>
/// <param name="Present">Files that were there already.</param>
/// <param name="Bytes">Bytes sent.</param>
/// <param name="Manifest">Where the list is.</param>
public sealed record PublishSummary(int Sent, int Present, long Bytes, string Manifest);
