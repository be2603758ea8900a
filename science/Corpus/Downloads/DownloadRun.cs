namespace Ism.Corpus.Downloads;

/// <summary>
/// Fetches many files into a folder. What is saved is listed in <c>manifest.sha256</c> (the form of sha256sum), what the
/// server does not have in <c>missing.txt</c>, what failed in <c>failed.txt</c>. Run again it goes on: what the manifest
/// lists and the folder holds is not asked for again.
/// </summary>
public sealed class DownloadRun(Downloader downloader, string folder, DownloadOptions options)
{
    /// <summary>Name of the list of what is there.</summary>
    public const string ManifestName = "manifest.sha256";

    /// <summary>Name of the list of what the server does not have.</summary>
    public const string MissingName = "missing.txt";

    /// <summary>Name of the list of what could not be fetched, and why.</summary>
    public const string FailedName = "failed.txt";

    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Told after each file, and while bytes come: files done, files altogether, bytes of this run.</summary>
    public Action<int, int, long>? Progress { get; init; }

    /// <summary>Fetches all; no file ends the others.</summary>
    /// <exception cref="DiskFullException">There is no room; what is there is kept.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what is there is kept.</exception>
    public async Task<DownloadSummary> RunAsync(IReadOnlyList<DownloadItem> items, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var results = new DownloadResult[items.Count];
        var done = 0;
        using var manifest = DownloadManifest.Open(folder);
        try
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellation };
            await Parallel.ForEachAsync(Enumerable.Range(0, items.Count), parallel, async (i, cancel) =>
            {
                var item = items[i];
                var known = manifest.Find(item.Path);
                results[i] = known is not null && File.Exists(item.Path)
                    ? new DownloadResult(item, DownloadOutcome.Present, new FileInfo(item.Path).Length, known, null)
                    : await FetchAsync(item, () => Volatile.Read(ref done), items.Count, cancel);
                if (results[i].Sha256 is { } sha && known != sha)
                {
                    manifest.Add(item.Path, sha);
                }

                Progress?.Invoke(Interlocked.Increment(ref done), items.Count, Interlocked.Read(ref _bytes));
            });
        }
        finally
        {
            manifest.Tidy();
            Write(MissingName, results, DownloadOutcome.Missing, r => $"{Path.GetFileName(r.Item.Path)}\t{r.Item.Source}");
            Write(FailedName, results, DownloadOutcome.Failed, r => $"{Path.GetFileName(r.Item.Path)}\t{r.Message}");
        }

        return new DownloadSummary(results);
    }

    private async Task<DownloadResult> FetchAsync(DownloadItem item, Func<int> done, int count, CancellationToken cancellation)
    {
        var last = -1L;
        return await downloader.FetchAsync(
            item,
            (now, _) =>
            {
                lock (_lock)
                {
                    // What an earlier run has left is no work of this one.
                    _bytes += last < 0 ? 0 : Math.Max(0, now - last);
                    last = now;
                }

                Progress?.Invoke(done(), count, Interlocked.Read(ref _bytes));
            },
            cancellation);
    }

    private void Write(string name, DownloadResult?[] results, DownloadOutcome outcome, Func<DownloadResult, string> line)
    {
        var lines = results.Where(r => r?.Outcome == outcome).Select(r => line(r!)).ToList();
        var path = Path.Combine(folder, name);
        if (lines.Count > 0)
        {
            File.WriteAllLines(path, lines);
        }
        else
        {
            File.Delete(path);
        }
    }
}

/// <summary>What became of all files of a <see cref="DownloadRun"/>, in the order in which they were given.</summary>
/// <param name="Results">File by file.</param>
public sealed record DownloadSummary(IReadOnlyList<DownloadResult> Results)
{
    /// <summary>How many files ended so.</summary>
    public int Count(DownloadOutcome outcome) => Results.Count(r => r.Outcome == outcome);

    /// <summary>Bytes of all files that are there.</summary>
    public long Bytes => Results.Sum(r => r.Bytes);
}
