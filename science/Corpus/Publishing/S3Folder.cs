using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Ism.Corpus.Downloads;
using Ism.Structures;

namespace Ism.Corpus.Publishing;

/// <summary>
/// A folder on S3-compatible storage, of single files and of folders that count as a whole. A file is there whole or not at all. A folder is
/// there once its list <c>manifest.sha256</c> is (<see cref="S3Publisher"/>). What is fetched is compared with the SHA-256 kept with it and
/// put in place by renaming. The client's exceptions come as they are, but for folders sent. Thread-safe.
/// </summary>
/// <param name="client">The storage.</param>
/// <param name="address">The folder.</param>
/// <param name="temporary">Local folder for what is being fetched; on the device of what it is fetched for.</param>
/// <param name="partBytes">Files larger than this are sent in parts of it; at least 5 MiB on Amazon's own storage.</param>
public sealed class S3Folder(IAmazonS3 client, S3Address address, string temporary, long partBytes = 16L << 20)
{
    private const int MostKeysADelete = 4;
    private readonly S3Sender _sender = new(client, address, partBytes);

    /// <summary>The folder.</summary>
    public S3Address Address => address;

    /// <summary>Sends a file unless it is there already.</summary>
    /// <returns>Whether it was sent.</returns>
    /// <exception cref="IOException">It cannot be read, or has arrived damaged.</exception>
    public async Task<bool> PutAsync(string name, string path, CancellationToken cancel)
    {
        var sums = await FileChecksums.OfAsync(path, cancel);
        if (await _sender.IsThereAsync(name, sums, cancel))
        {
            return false;
        }

        await _sender.SendAsync(name, path, sums, cancel);
        return true;
    }

    /// <summary>Sends a text (UTF-8).</summary>
    public Task PutTextAsync(string name, string text, CancellationToken cancel) =>
        _sender.SendAsync(name, System.Text.Encoding.UTF8.GetBytes(text), cancel);

    /// <summary>A text; null where there is none.</summary>
    public async Task<string?> GetTextAsync(string name, CancellationToken cancel)
    {
        try
        {
            using var there = await client.GetObjectAsync(address.Bucket, KeyOf(name), cancel);
            using var reader = new StreamReader(there.ResponseStream);
            return await reader.ReadToEndAsync(cancel);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }

    /// <summary>Length of a file; null where there is none.</summary>
    public async Task<long?> LengthAsync(string name, CancellationToken cancel)
    {
        try
        {
            return (await client.GetObjectMetadataAsync(address.Bucket, KeyOf(name), cancel)).ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Fetches a file; one of that name is replaced.</summary>
    /// <returns>Whether the storage has it.</returns>
    /// <exception cref="InvalidDataException">Its bytes are not those that were sent.</exception>
    /// <exception cref="HttpRequestException">The connection broke off.</exception>
    /// <exception cref="IOException">The local disk refuses.</exception>
    public Task<bool> GetAsync(string name, string path, CancellationToken cancel) => GetAsync(name, path, null, cancel);

    /// <summary>Sends a folder with all that is in it, its list last.</summary>
    /// <exception cref="IOException">A file cannot be read or has changed meanwhile, or the storage refuses.</exception>
    public async Task PutFolderAsync(string name, string folder, CancellationToken cancel)
    {
        var files = WorkspaceParts.Files(folder, []);
        if (await GetTextAsync(ListOf(name), cancel) is not { } list || !await AreAsync(files, folder, Parse(name, list), cancel))
        {
            await new S3Publisher(client, address.Below(name), partBytes).RunAsync(folder, files, null, cancel);
        }
    }

    /// <summary>Makes a local folder hold what the list of a folder names; files that are as they should be are not fetched.</summary>
    /// <returns>Whether the storage has it, with its list.</returns>
    /// <exception cref="InvalidDataException">Its bytes are not those that the list names.</exception>
    /// <exception cref="HttpRequestException">The connection broke off.</exception>
    /// <exception cref="IOException">The local disk refuses.</exception>
    public async Task<bool> GetFolderAsync(string name, string folder, CancellationToken cancel)
    {
        if (await GetTextAsync(ListOf(name), cancel) is not { } list)
        {
            return false;
        }

        var beside = Path.Combine(temporary, Guid.NewGuid().ToString("N"));
        try
        {
            foreach (var (file, sha) in Parse(name, list))
            {
                var place = Path.Combine(folder, file);
                if (File.Exists(place) && (await FileChecksums.OfAsync(place, cancel)).Sha256 == sha)
                {
                    continue;
                }

                if (!await GetAsync($"{name}/{file}", Path.Combine(beside, file), sha, cancel))
                {
                    throw new InvalidDataException($"{address.Below($"{name}/{file}")} is gone, but the list beside it names it");
                }
            }

            Place(beside, folder);
            return true;
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    /// <summary>Names of the folders directly below one that are there with their lists.</summary>
    public async Task<IReadOnlyList<string>> FoldersAsync(string name, CancellationToken cancel)
    {
        var keys = await KeysAsync(name, cancel);
        var end = "/" + S3Publisher.ManifestName;
        var begin = KeyOf(name) + "/";
        return [.. keys.Where(k => k.EndsWith(end, StringComparison.Ordinal)).Select(k => k[begin.Length..^end.Length])
            .Where(k => k.Length > 0 && !k.Contains('/', StringComparison.Ordinal))];
    }

    /// <summary>All files below a folder, by their names below it, with what tells one version from another and when it was sent by the storage's
    /// clock (UTC).</summary>
    public async Task<IReadOnlyList<(string Name, string Version, DateTime Sent)>> FilesAsync(string name, CancellationToken cancel)
    {
        var begin = (KeyOf(name) + "/").Length;
        return [.. (await ObjectsAsync(name, cancel)).Select(o => (o.Key[begin..], o.ETag ?? "", (o.LastModified ?? default).ToUniversalTime()))];
    }

    /// <summary>Deletes a file, where there is one.</summary>
    public Task DeleteAsync(string name, CancellationToken cancel) => client.DeleteObjectAsync(address.Bucket, KeyOf(name), cancel);

    /// <summary>Deletes a folder: its list first, so that nobody takes what is left for the whole.</summary>
    public async Task DeleteFolderAsync(string name, CancellationToken cancel)
    {
        await client.DeleteObjectAsync(address.Bucket, KeyOf(ListOf(name)), cancel);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = MostKeysADelete, CancellationToken = cancel };
        await Parallel.ForEachAsync(await KeysAsync(name, cancel), parallel, async (key, stop) =>
            await client.DeleteObjectAsync(address.Bucket, key, stop));
    }

    private static async Task<bool> AreAsync(
        IReadOnlyList<string> files, string folder, IEnumerable<(string File, string Sha256)> listed, CancellationToken cancel)
    {
        var there = listed.ToDictionary(l => l.File, l => l.Sha256);
        foreach (var file in files)
        {
            if (there.GetValueOrDefault(file) != (await FileChecksums.OfAsync(Path.Combine(folder, file), cancel)).Sha256)
            {
                return false;
            }
        }

        return there.Count == files.Count;
    }

    private static string ListOf(string name) => $"{name}/{S3Publisher.ManifestName}";

    private string KeyOf(string name) => address.Below(name).Key;

    private async Task<List<string>> KeysAsync(string name, CancellationToken cancel) =>
        [.. (await ObjectsAsync(name, cancel)).Select(o => o.Key)];

    private async Task<List<S3Object>> ObjectsAsync(string name, CancellationToken cancel)
    {
        var found = new List<S3Object>();
        var request = new ListObjectsV2Request { BucketName = address.Bucket, Prefix = KeyOf(name) + "/" };
        ListObjectsV2Response page;
        do
        {
            page = await client.ListObjectsV2Async(request, cancel);
            found.AddRange(page.S3Objects ?? []);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true && request.ContinuationToken is not null);
        return found;
    }

    private async Task<bool> GetAsync(string name, string path, string? sha, CancellationToken cancel)
    {
        GetObjectResponse there;
        try
        {
            there = await client.GetObjectAsync(address.Bucket, KeyOf(name), cancel);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            return false;
        }

        using (there)
        {
            var expected = sha ?? there.Metadata[S3Sender.HashField];
            Directory.CreateDirectory(temporary);
            var beside = Path.Combine(temporary, Guid.NewGuid().ToString("N"));
            try
            {
                var (found, bytes) = await CopyAsync(there, beside, cancel);
                if (bytes != there.ContentLength)
                {
                    throw new HttpRequestException($"{address.Below(name)}: the answer ends after {bytes} of {there.ContentLength} bytes");
                }

                if (!string.IsNullOrEmpty(expected) && found != expected)
                {
                    throw new InvalidDataException($"{address.Below(name)} has SHA-256 {found} where {expected} was sent: it is damaged there");
                }

                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.Move(beside, path, overwrite: true);
                return true;
            }
            finally
            {
                File.Delete(beside);
            }
        }
    }

    private static async Task<(string Sha256, long Bytes)> CopyAsync(GetObjectResponse there, string path, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        var buffer = new byte[1 << 18];
        var bytes = 0L;
        while (await ReadAsync(there, buffer, cancel) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancel);
            bytes += read;
        }

        file.Flush(flushToDisk: true);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
    }

    // A connection that breaks is no fault of the local disk.
    private static async Task<int> ReadAsync(GetObjectResponse there, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await there.ResponseStream.ReadAsync(buffer, cancel);
        }
        catch (IOException e)
        {
            throw new HttpRequestException($"{there.Key}: the connection broke off: {e.Message}", e);
        }
    }

    // A name that leads out of the folder is nobody's who sends by this class.
    private IEnumerable<(string File, string Sha256)> Parse(string name, string list)
    {
        foreach (var line in list.Split('\n').Where(l => l.Length > 66))
        {
            var file = line[66..];
            yield return Path.IsPathRooted(file) || file.Split('/', '\\').Contains("..")
                ? throw new InvalidDataException($"{address.Below(ListOf(name))} names '{file}', which is not below it")
                : (file, line[..64]);
        }
    }

    // A folder that is not there yet appears as a whole.
    private static void Place(string beside, string folder)
    {
        if (!Directory.Exists(beside))
        {
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        if (!Directory.Exists(folder))
        {
            try
            {
                Directory.Move(beside, folder);
                return;
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another process has fetched it meanwhile.
            }
        }

        foreach (var file in Directory.EnumerateFiles(beside, "*", SearchOption.AllDirectories))
        {
            var place = Path.Combine(folder, Path.GetRelativePath(beside, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(file, place, overwrite: true);
        }
    }
}
