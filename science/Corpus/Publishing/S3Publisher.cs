using System.Text;
using Amazon.Runtime;
using Amazon.S3;
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

    private readonly S3Sender _sender = new(client, target, partBytes);

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
                if (await _sender.IsThereAsync(files[i], sums, cancellation))
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

                    await _sender.SendAsync(files[i], path, sums, cancellation);
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
        await _sender.SendAsync(ManifestName, bytes, cancellation);
    }
}

/// <summary>What a run of <see cref="S3Publisher"/> did.</summary>
/// <param name="Sent">Files sent.</param>
/// <param name="Present">Files that were there already.</param>
/// <param name="Bytes">Bytes sent.</param>
/// <param name="Manifest">Where the list is.</param>
public sealed record PublishSummary(int Sent, int Present, long Bytes, string Manifest);
