namespace Ism.Corpus.Downloads;

/// <summary>How politely and how stubbornly a <see cref="Downloader"/> asks.</summary>
public sealed record DownloadOptions
{
    /// <summary>Requests under way at once, over all files.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Requests begun in a second at most, over all files.</summary>
    public double RequestsPerSecond { get; init; } = 10;

    /// <summary>Tries in a row that bring no byte before a file is given up.</summary>
    public int Tries { get; init; } = 8;

    /// <summary>Seconds before the second try; doubled for each further one, at most a minute, and shortened by chance by up
    /// to half so that many downloads do not come back together.</summary>
    public double BackoffSeconds { get; init; } = 1;

    /// <summary>Seconds without a byte after which a request is given up.</summary>
    public double StallSeconds { get; init; } = 60;

    /// <summary>The longest Retry-After that is waited for, seconds; a longer one fails the file.</summary>
    public double LongestRetryAfterSeconds { get; init; } = 900;

    /// <summary>A file of at least twice this many bytes is fetched in parts of this size side by side, where the server
    /// can.</summary>
    public long PartBytes { get; init; } = 32L << 20;

    /// <summary>Times that a finished file whose checksum is not the server's is fetched again.</summary>
    public int ChecksumTries { get; init; } = 2;
}

/// <summary>One file to fetch.</summary>
/// <param name="Source">Where from, http or https.</param>
/// <param name="Path">Where to. While it grows it is <c>Path.part</c>, beside it <c>Path.part.json</c>.</param>
public sealed record DownloadItem(Uri Source, string Path);

/// <summary>What became of a file.</summary>
public enum DownloadOutcome
{
    /// <summary>It has been fetched.</summary>
    Saved,

    /// <summary>It was there already.</summary>
    Present,

    /// <summary>The server has none (404, 410).</summary>
    Missing,

    /// <summary>It could not be fetched.</summary>
    Failed,
}

/// <summary>What became of one file.</summary>
/// <param name="Item">The file.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Bytes">Its bytes, where it is there.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hex, where it is there.</param>
/// <param name="Message">Why not, where it is not; for a file that is there, by which of the server's checksums it was
/// checked, or null.</param>
public sealed record DownloadResult(DownloadItem Item, DownloadOutcome Outcome, long Bytes, string? Sha256, string? Message);

/// <summary>There is no room for what is being fetched.</summary>
/// <param name="message">What is full and what to do.</param>
/// <param name="inner">The cause, if another exception was.</param>
public sealed class DiskFullException(string message, Exception? inner = null) : IOException(message, inner);
