using System.Net;
using System.Net.Http.Headers;

namespace Ism.Corpus.Downloads;

/// <summary>Asks for a file or a part of it, and tells every way in which that can fail from the others.</summary>
internal sealed class PartRequests(HttpClient client, DownloadOptions options, RequestPacer pacer)
{
    /// <summary>Sends a request and waits for the headers of the answer, which is then what was asked for.</summary>
    /// <param name="item">The file.</param>
    /// <param name="part">The part whose missing bytes are wanted, or null for the whole file.</param>
    /// <param name="state">Of which version; with a part.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="TransientException">Another try may help.</exception>
    /// <exception cref="ChangedFileException">The file has changed, or the server no longer gives parts.</exception>
    /// <exception cref="MissingFileException">There is none.</exception>
    /// <exception cref="DownloadFailedException">The server refuses.</exception>
    public async Task<PartAnswer> AskAsync(DownloadItem item, Part? part, PartialState? state, CancellationToken cancellation)
    {
        var permit = await pacer.BeginAsync(cancellation);
        HttpResponseMessage? response = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, item.Source);
            if (part is not null)
            {
                request.Headers.Range = new RangeHeaderValue(part.Start + part.Done, part.Start + part.Length - 1);
                request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(state!.Validator!));
            }

            response = await SendAsync(request, cancellation);
            Check(item, response, part, state);
            return new PartAnswer(response, permit, options.StallSeconds);
        }
        catch
        {
            response?.Dispose();
            permit.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(options.StallSeconds));
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (HttpRequestException e)
        {
            throw new TransientException($"{request.RequestUri}: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"{request.RequestUri}: no answer within {options.StallSeconds} s");
        }
    }

    private void Check(DownloadItem item, HttpResponseMessage response, Part? part, PartialState? state)
    {
        var status = response.StatusCode;
        if (status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            throw new MissingFileException($"{item.Source}: {(int)status}");
        }

        if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500)
        {
            throw Busy(item, response);
        }

        if (part is not null && status is HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PreconditionFailed)
        {
            throw new ChangedFileException($"{item.Source}: {(int)status}, it is no longer as long as it was");
        }

        if (part is not null && status == HttpStatusCode.OK)
        {
            throw new ChangedFileException($"{item.Source}: the whole file instead of a part: it has changed, or parts are not given");
        }

        if (status != (part is null ? HttpStatusCode.OK : HttpStatusCode.PartialContent))
        {
            throw new DownloadFailedException($"{item.Source}: {(int)status} {response.ReasonPhrase}");
        }

        if (response.Content.Headers.ContentEncoding.Any(e => e != "identity"))
        {
            throw new DownloadFailedException($"{item.Source}: sent compressed, which was not asked for");
        }

        if (part is not null)
        {
            CheckRange(item, response, part, state!);
        }
    }

    private static void CheckRange(DownloadItem item, HttpResponseMessage response, Part part, PartialState state)
    {
        if (response.Headers.ETag is { } tag && tag.Tag != state.Validator)
        {
            throw new ChangedFileException($"{item.Source}: the file has changed (ETag {tag.Tag} instead of {state.Validator})");
        }

        var range = response.Content.Headers.ContentRange;
        if (range?.Length is { } length && length != state.Length)
        {
            throw new ChangedFileException($"{item.Source}: the file has changed ({length} bytes instead of {state.Length})");
        }

        if (range?.From != part.Start + part.Done || range?.To is not { } to || to >= part.Start + part.Length)
        {
            throw new TransientException(
                $"{item.Source}: bytes {range} instead of {part.Start + part.Done} to {part.Start + part.Length - 1}");
        }
    }

    private Exception Busy(DownloadItem item, HttpResponseMessage response)
    {
        var asked = pacer.Asked(response.Headers.RetryAfter);
        if (asked is not { } wait)
        {
            return new TransientException($"{item.Source}: {(int)response.StatusCode} {response.ReasonPhrase}");
        }

        if (wait.TotalSeconds > options.LongestRetryAfterSeconds)
        {
            return new DownloadFailedException(
                $"{item.Source}: {(int)response.StatusCode}, and asks to come back in {wait.TotalSeconds:0} s; run it again then");
        }

        pacer.Pause(wait);
        return new TransientException($"{item.Source}: {(int)response.StatusCode}, asks to wait {wait.TotalSeconds:0} s", paused: true);
    }
}

/// <summary>An answer whose headers are what was asked for. Disposing it lets the next request begin.</summary>
internal sealed class PartAnswer(HttpResponseMessage response, IDisposable permit, double stallSeconds) : IDisposable
{
    public HttpResponseMessage Response { get; } = response;

    /// <summary>Writes the body behind what the part has.</summary>
    /// <exception cref="TransientException">The body ends early or stalls.</exception>
    public async Task CopyAsync(PartialFile file, Part part, bool lengthIsKnown, Action told, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        await using var body = await Response.Content.ReadAsStreamAsync(cancellation);
        while (part.Done < part.Length)
        {
            var read = await ReadAsync(body, buffer, cancellation);
            if (read == 0)
            {
                break;
            }

            await file.WriteAsync(part, buffer.AsMemory(0, (int)Math.Min(read, part.Length - part.Done)), cancellation);
            told();
        }

        if (lengthIsKnown && part.Done < part.Length)
        {
            throw new TransientException($"the answer ends after {part.Done} of {part.Length} bytes");
        }
    }

    public void Dispose()
    {
        Response.Dispose();
        permit.Dispose();
    }

    private async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(stallSeconds));
        try
        {
            return await body.ReadAsync(buffer, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"no byte within {stallSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TransientException($"the connection broke: {e.Message}");
        }
    }
}
