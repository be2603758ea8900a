using System.Diagnostics;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Ism.Cli.Storage;

/// <summary>
/// Asks storage that may be away: what may pass is tried again after 1, 2, 4, … s, at most 30 s, and told when it begins, every half minute and
/// when it is over. What another try would not mend is said at once, with what to change. Thread-safe.
/// </summary>
/// <param name="place">The storage, for people.</param>
/// <param name="note">Told for people.</param>
internal sealed class StoragePatience(string place, Action<string> note)
{
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private long _away;
    private long _noted;

    /// <summary>The first pause; the others follow from it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Makes a call until it succeeds.</summary>
    /// <param name="call">The call.</param>
    /// <param name="limit">How long storage that does not answer is waited for; zero: not at all.</param>
    /// <param name="cancel">Ends waiting.</param>
    /// <exception cref="IOException">The storage refuses, or was away for longer; or the local disk refuses.</exception>
    /// <exception cref="InvalidDataException">What was fetched is damaged.</exception>
    public T Run<T>(Func<Task<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                var answer = call().GetAwaiter().GetResult();
                Back();
                return answer;
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && Storage(e) is { } problem)
            {
                var waited = Stopwatch.GetElapsedTime(begun);
                if (Refusal(problem) is { } refusal)
                {
                    throw new IOException($"{place}: {refusal}", e);
                }

                if (waited >= limit)
                {
                    throw new IOException(limit == TimeSpan.Zero ? $"{place} does not answer: {problem.Message}"
                        : $"{place} has not answered for {waited.TotalSeconds:F0} s: {problem.Message}", e);
                }

                Away(problem, limit);
                var pause = FirstPause * Math.Min(30, Math.Pow(2, tries - 1));
                _ = cancel.WaitHandle.WaitOne(pause < limit - waited ? pause : limit - waited);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    // The storage's failure in whatever it is wrapped; null for those of the local disk, and for damage.
    private static Exception? Storage(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException or TimeoutException)
            {
                return inner;
            }
        }

        return null;
    }

    private static string? Refusal(Exception e) => e switch
    {
        // Of what happened on the way, although the status says otherwise.
        AmazonS3Exception { ErrorCode: "RequestTimeout" or "BadDigest" or "IncompleteBody" } => null,
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } =>
            "there is no such bucket there; make it, or correct the address (AWS_ENDPOINT_URL_S3 names a storage that is not Amazon's)",
        AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } s3 =>
            $"the storage refuses these credentials ({s3.ErrorCode}: {s3.Message}); AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or "
            + "the machine's role must be allowed to list, read, write and delete there",
        AmazonS3Exception { StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect } s3 =>
            $"the bucket is in another region ({s3.Message}); set AWS_REGION",
        AmazonS3Exception s3 when (int)s3.StatusCode is >= 400 and < 500 and not (408 or 409 or 429) =>
            $"the storage refuses ({s3.ErrorCode}: {s3.Message})",
        AmazonClientException when e.Message.Contains("redentials", StringComparison.Ordinal) =>
            $"no credentials were found ({e.Message}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
        _ => null,
    };

    private void Away(Exception problem, TimeSpan limit)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            _away = _away == 0 ? now : _away;
            if (_noted == 0 || Stopwatch.GetElapsedTime(_noted, now) > NoteEvery)
            {
                _noted = now;
                note($"{place} has not answered for {Stopwatch.GetElapsedTime(_away, now).TotalSeconds:F0} s ({problem.Message}); it is asked "
                    + $"again for {limit.TotalMinutes:F0} min, nothing is lost");
            }
        }
    }

    private void Back()
    {
        lock (_lock)
        {
            if (_away != 0)
            {
                note($"{place} answers again after {Stopwatch.GetElapsedTime(_away).TotalSeconds:F0} s");
                (_away, _noted) = (0, 0);
            }
        }
    }
}
