using System.Net;

namespace Ism.Corpus.Downloads;

/// <summary>
/// Fetches files over HTTP: goes on where an earlier try or process ended (Range with If-Range, so that a file that has changed
/// meanwhile is begun anew), large files in parts side by side, checked against the checksums that the server gives, and visible
/// under its name only when it is whole. Thread-safe.
/// </summary>
public sealed class Downloader : IDisposable
{
    private readonly DownloadOptions _options;
    private readonly RequestPacer _pacer;
    private readonly PartRequests _requests;

    /// <summary>One that asks by a client that follows redirects and decompresses nothing; see <see
    /// cref="CreateClient"/>.</summary>
    public Downloader(HttpClient client, DownloadOptions options, TimeProvider? clock = null)
    {
        _options = options;
        _pacer = new RequestPacer(options, clock ?? TimeProvider.System);
        _requests = new PartRequests(client, options, _pacer);
    }

    /// <summary>A client as a downloader needs it. It never goes from https to http.</summary>
    public static HttpClient CreateClient(string userAgent)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            MaxAutomaticRedirections = 10,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(userAgent);
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
        return client;
    }

    /// <summary>Fetches one file.</summary>
    /// <param name="item">Which, and where to.</param>
    /// <param name="progress">Told the bytes of this file that are there, and of how many (0: not known).</param>
    /// <param name="cancellation">What is there is kept for the next time.</param>
    /// <exception cref="DiskFullException">There is no room.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<DownloadResult> FetchAsync(DownloadItem item, Action<long, long>? progress, CancellationToken cancellation)
    {
        if (File.Exists(item.Path))
        {
            var there = await FileChecksums.OfAsync(item.Path, cancellation);
            return new DownloadResult(item, DownloadOutcome.Present, there.Bytes, there.Sha256, null);
        }

        try
        {
            for (var wrong = 0; ; wrong++)
            {
                using var file = PartialFile.Open(item);
                var told = await FillAsync(item, file, progress, cancellation);
                var actual = await FileChecksums.OfAsync(item.Path + ".part", cancellation);
                if (told.Mismatch(actual) is not { } mismatch)
                {
                    file.Publish();
                    return new DownloadResult(item, DownloadOutcome.Saved, actual.Bytes, actual.Sha256, told.Strongest);
                }

                file.Discard();
                if (wrong >= _options.ChecksumTries)
                {
                    return Failed(item, $"damaged {wrong + 1} times on the way: {mismatch}");
                }
            }
        }
        catch (MissingFileException e)
        {
            return new DownloadResult(item, DownloadOutcome.Missing, 0, null, e.Message);
        }
        catch (DownloadFailedException e)
        {
            return Failed(item, e.Message);
        }
        catch (DiskFullException)
        {
            throw;
        }
        catch (IOException e) when (IsFull(e))
        {
            throw new DiskFullException(
                $"no room for {item.Path}: {e.Message}. Make room and run the same again; what is there is kept", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(item, $"cannot be written: {e.Message}");
        }
    }

    /// <summary>Ends it; requests under way are not waited for.</summary>
    public void Dispose() => _pacer.Dispose();

    private static DownloadResult Failed(DownloadItem item, string message) =>
        new(item, DownloadOutcome.Failed, 0, null, message);

    // ENOSPC and EDQUOT as Unix numbers them, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL as Windows does.
    private static bool IsFull(IOException e) => e.HResult is 28 or 122 || (e.HResult & 0xFFFF) is 112 or 39;

    private async Task<ServerChecksums> FillAsync(
        DownloadItem item, PartialFile file, Action<long, long>? progress, CancellationToken cancellation)
    {
        var told = ServerChecksums.None;
        try
        {
            var failures = 0;
            var sideBySide = true;
            while (true)
            {
                var before = file.Done;
                try
                {
                    told = told.With(file.State.Validator is null
                        ? await BeginAsync(item, file, sideBySide, progress, cancellation)
                        : await GoOnAsync(item, file, progress, cancellation));
                    file.Complete(file.State.Length ?? file.Done);
                    return told;
                }
                catch (ChangedFileException e)
                {
                    told = ServerChecksums.None;
                    file.Restart(null, null, []);

                    // A server that says it gives parts and does not would be asked for them for ever.
                    sideBySide = false;
                    GiveUpAfter(++failures, e);
                }
                catch (TransientException e)
                {
                    var resumable = file.State.Validator is not null;
                    failures = resumable && file.Done > before ? 1 : failures + 1;
                    if (!resumable)
                    {
                        file.Restart(null, null, []);
                    }

                    GiveUpAfter(failures, e);
                    if (!e.Paused)
                    {
                        await _pacer.BackOffAsync(failures, cancellation);
                    }
                }
            }
        }
        finally
        {
            file.Save();
        }
    }

    private void GiveUpAfter(int failures, Exception last)
    {
        if (failures >= _options.Tries)
        {
            throw new DownloadFailedException($"given up after {failures} tries that brought nothing: {last.Message}");
        }
    }

    // The first answer tells whether the file can be had in parts. If so it is left after its first part.
    private async Task<ServerChecksums> BeginAsync(
        DownloadItem item, PartialFile file, bool sideBySide, Action<long, long>? progress, CancellationToken cancellation)
    {
        using (var answer = await _requests.AskAsync(item, null, null, cancellation))
        {
            var length = answer.Response.Content.Headers.ContentLength;
            RequireRoom(item, length);
            var validator = answer.Response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null;
            var ranges = length is not null && answer.Response.Headers.AcceptRanges.Contains("bytes");
            var many = sideBySide && ranges && validator is not null && length >= 2 * _options.PartBytes;
            file.Restart(ranges ? validator : null, length, many ? Parts(length!.Value) : [new Part { Length = length ?? long.MaxValue }]);
            if (!many)
            {
                await answer.CopyAsync(file, file.State.Parts[0], length is not null, Tell(file, progress), cancellation);
                return ServerChecksums.From(answer.Response, isWhole: true);
            }
        }

        return await GoOnAsync(item, file, progress, cancellation);
    }

    private async Task<ServerChecksums> GoOnAsync(
        DownloadItem item, PartialFile file, Action<long, long>? progress, CancellationToken cancellation)
    {
        var told = ServerChecksums.None;
        var options = new ParallelOptions { MaxDegreeOfParallelism = _options.Connections, CancellationToken = cancellation };
        var open = file.State.Parts.Where(p => p.Done < p.Length).ToList();
        RequireRoom(item, open.Sum(p => p.Length - p.Done));
        await Parallel.ForEachAsync(open, options, async (part, cancel) =>
        {
            using var answer = await _requests.AskAsync(item, part, file.State, cancel);
            await answer.CopyAsync(file, part, lengthIsKnown: true, Tell(file, progress), cancel);
            lock (open)
            {
                told = told.With(ServerChecksums.From(answer.Response, isWhole: false));
            }
        });
        return told;
    }

    private static Action Tell(PartialFile file, Action<long, long>? progress) =>
        () => progress?.Invoke(file.Done, file.State.Length ?? 0);

    private IEnumerable<Part> Parts(long length)
    {
        for (var start = 0L; start < length; start += _options.PartBytes)
        {
            yield return new Part { Start = start, Length = Math.Min(_options.PartBytes, length - start) };
        }
    }

    private static void RequireRoom(DownloadItem item, long? bytes)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(item.Path))!;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (bytes > free)
        {
            throw new DiskFullException(
                $"no room for {item.Path}: {bytes} bytes are still to come and {free} are free in {folder}. Make room and run the same "
                + "again; what is there is kept");
        }
    }
}
