using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using Ism.Structures.Numerics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ism.Corpus.Tests.Downloads;

/// <summary>An HTTP server on loopback that serves files, parts of them too, and fails as a test tells it to.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Served> _files = new();
    private readonly ConcurrentQueue<Asked> _asked = new();
    private int _now;

    private FaultyServer(WebApplication app) => _app = app;

    /// <summary>One request: which file, which range (empty: none), and when.</summary>
    public sealed record Asked(string Path, string Range, DateTimeOffset At);

    /// <summary>A file and its version.</summary>
    public sealed record Served(byte[] Content, string? ETag);

    /// <summary>Does something else with a request, the n-th from 0; true if it has.</summary>
    public Func<HttpContext, int, Task<bool>> Fault { get; set; } = (_, _) => Task.FromResult(false);

    public IReadOnlyList<Asked> Requests => [.. _asked];

    /// <summary>The most requests that were under way at once.</summary>
    public int MostAtOnce { get; private set; }

    public Uri Address => new(_app.Urls.First() + "/");

    public static async Task<FaultyServer> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.AddServerHeader = false);
        var app = builder.Build();
        var server = new FaultyServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Bytes that do not compress, the same for the same seed.</summary>
    public static byte[] Noise(int length, ulong seed)
    {
        var random = new CounterRandom(seed);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)random.NextInt32(256);
        }

        return bytes;
    }

    public byte[] Serve(string name, byte[] content, string? etag = "\"v1\"")
    {
        _files["/" + name] = new Served(content, etag);
        return content;
    }

    /// <summary>The answer that a sound server gives.</summary>
    public async Task SoundAsync(HttpContext http)
    {
        if (!_files.TryGetValue(http.Request.Path, out var file))
        {
            http.Response.StatusCode = 404;
            return;
        }

        var (from, to) = Range(http, file);
        await http.Response.Body.WriteAsync(file.Content.AsMemory(from, to - from));
    }

    /// <summary>The sound answer's headers, so many bytes of its body, and the end of the connection: behind them (the server closes it when less
    /// was written than it had announced), or at once where there are none.</summary>
    public async Task CutAsync(HttpContext http, int bytes)
    {
        var file = _files[http.Request.Path];
        var (from, to) = Range(http, file);
        await http.Response.Body.WriteAsync(file.Content.AsMemory(from, Math.Min(bytes, to - from)));
        await http.Response.Body.FlushAsync();
        if (bytes == 0)
        {
            http.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
    }

    private static (int From, int To) Range(HttpContext http, Served file)
    {
        var headers = http.Response.Headers;
        headers.AcceptRanges = "bytes";
        if (file.ETag is not null)
        {
            headers.ETag = file.ETag;
        }

        var (from, to) = (0, file.Content.Length);
        var asked = http.Request.Headers.Range.ToString();
        var unchanged = http.Request.Headers.IfRange.ToString() is var tag && (tag.Length == 0 || tag == file.ETag);
        if (asked.Length > 0 && unchanged)
        {
            var range = RangeHeaderValue.Parse(asked).Ranges.Single();
            from = (int)range.From!.Value;
            to = (int)Math.Min(file.Content.Length, range.To!.Value + 1);
            http.Response.StatusCode = 206;
            headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to - 1}/{file.Content.Length}");
        }

        http.Response.ContentLength = to - from;
        return (from, to);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        int number;
        lock (_asked)
        {
            number = _asked.Count;
            _asked.Enqueue(new Asked(http.Request.Path.ToString(), http.Request.Headers.Range.ToString(), DateTimeOffset.UtcNow));
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        }

        try
        {
            if (!await Fault(http, number))
            {
                await SoundAsync(http);
            }
        }
        finally
        {
            lock (_asked)
            {
                _now--;
            }
        }
    }
}
