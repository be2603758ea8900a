using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ism.Corpus.Tests.Storage;

/// <summary>
/// A stand-in for S3 on loopback: objects in memory, listing by pages of three, ranges, If-Match, Content-MD5, multipart uploads. It
/// checks no signatures. Not a real server: docs/testing.md says how the tests are run against one.
/// </summary>
internal sealed class S3StandIn : IAsyncDisposable
{
    private const int PageSize = 3;
    private readonly WebApplication _app;
    private readonly SortedDictionary<string, Stored> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<int, byte[]>> _uploads = new();
    private readonly ConcurrentDictionary<string, string?> _hashes = new();
    private readonly ConcurrentDictionary<string, bool> _buckets = new();

    private S3StandIn(WebApplication app) => _app = app;

    public sealed record Stored(byte[] Content, string ETag, string? Sha256)
    {
        public DateTime Sent { get; } = DateTime.UtcNow;
    }

    /// <summary>Does something else with a request; true if it has.</summary>
    public Func<HttpContext, Task<bool>> Fault { get; set; } = _ => Task.FromResult(false);

    /// <summary>Method and path of every request.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public string Address => _app.Urls.First();

    /// <summary>Bucket and key of every object there is, ordered.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_objects)
            {
                return [.. _objects.Keys];
            }
        }
    }

    /// <summary>An object's bytes.</summary>
    public byte[] Content(string path)
    {
        lock (_objects)
        {
            return _objects[path].Content;
        }
    }

    public static async Task<S3StandIn> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var server = new S3StandIn(app);
        app.Run(async http =>
        {
            server.Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
            if (!await server.Fault(http))
            {
                await server.AnswerAsync(http);
            }
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>The answer of a sound server.</summary>
    public async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.ToString().TrimStart('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var query = http.Request.Query;
        if (http.Request.Method == "PUT" && (slash < 0 || slash == path.Length - 1))
        {
            _buckets[path.TrimEnd('/')] = true;
            return;
        }

        if (!_buckets.ContainsKey(slash < 0 ? path : path[..slash]))
        {
            await Error(http, 404, "NoSuchBucket");
            return;
        }

        if (slash < 0 || slash == path.Length - 1)
        {
            await (http.Request.Method == "GET" ? ListAsync(http, path.TrimEnd('/')) : Task.CompletedTask);
            return;
        }

        await (http.Request.Method switch
        {
            "GET" or "HEAD" => GetAsync(http, path),
            "PUT" => PutAsync(http, path),
            "DELETE" => DeleteAsync(http, path),
            "POST" when query.ContainsKey("uploads") => BeginAsync(http, path),
            "POST" => CompleteAsync(http, path),
            _ => Error(http, 405, "MethodNotAllowed"),
        });
    }

    /// <summary>Changes an object behind everybody's back.</summary>
    public void Store(string path, byte[] content, string? sha256 = null)
    {
        lock (_objects)
        {
            _objects[path] = new Stored(content, $"\"{Convert.ToHexStringLower(MD5.HashData(content))}\"", sha256);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    internal static async Task Error(HttpContext http, int status, string code)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
    }

    private async Task ListAsync(HttpContext http, string bucket)
    {
        var prefix = $"{bucket}/{http.Request.Query["prefix"]}";
        var after = http.Request.Query["continuation-token"].ToString();
        List<KeyValuePair<string, Stored>> found;
        lock (_objects)
        {
            found = [.. _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(o.Key, after) > 0)];
        }

        var page = found.Take(PageSize).ToList();
        var more = found.Count > page.Count;
        XNamespace s3 = "http://s3.amazonaws.com/doc/2006-03-01/";
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync(new XDocument(new XElement(
            s3 + "ListBucketResult",
            new XElement(s3 + "Name", bucket),
            new XElement(s3 + "IsTruncated", more ? "true" : "false"),
            more ? new XElement(s3 + "NextContinuationToken", page[^1].Key) : null,
            page.Select(o => new XElement(s3 + "Contents", new XElement(s3 + "Key", o.Key[(bucket.Length + 1)..]),
                new XElement(s3 + "LastModified", o.Value.Sent.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
                new XElement(s3 + "Size", o.Value.Content.Length), new XElement(s3 + "ETag", o.Value.ETag))))).ToString());
    }

    private async Task GetAsync(HttpContext http, string path)
    {
        Stored? stored;
        lock (_objects)
        {
            _objects.TryGetValue(path, out stored);
        }

        if (stored is null)
        {
            await Error(http, 404, "NoSuchKey");
            return;
        }

        if (http.Request.Headers.IfMatch.Count > 0 && http.Request.Headers.IfMatch.ToString().Trim('"') != stored.ETag.Trim('"'))
        {
            await Error(http, 412, "PreconditionFailed");
            return;
        }

        var (from, to) = (0L, (long)stored.Content.Length);
        if (http.Request.Headers.Range.Count > 0)
        {
            var range = RangeHeaderValue.Parse(http.Request.Headers.Range.ToString()).Ranges.Single();
            (from, to) = (range.From!.Value, Math.Min(to, range.To!.Value + 1));
            if (from >= stored.Content.Length)
            {
                await Error(http, 416, "InvalidRange");
                return;
            }

            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to - 1}/{stored.Content.Length}");
        }

        http.Response.Headers.ETag = stored.ETag;
        http.Response.Headers["x-amz-meta-sha256"] = stored.Sha256;
        http.Response.ContentLength = to - from;
        if (http.Request.Method == "GET")
        {
            await http.Response.Body.WriteAsync(stored.Content.AsMemory((int)from, (int)(to - from)));
        }
    }

    private async Task PutAsync(HttpContext http, string path)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory);
        var content = memory.ToArray();
        var md5 = MD5.HashData(content);
        if (http.Request.Headers.ContentMD5.ToString() is { Length: > 0 } told && told != Convert.ToBase64String(md5))
        {
            await Error(http, 400, "BadDigest");
            return;
        }

        http.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(md5)}\"";
        if (http.Request.Query["uploadId"].ToString() is { Length: > 0 } upload)
        {
            _uploads[upload][int.Parse(http.Request.Query["partNumber"].ToString(), CultureInfo.InvariantCulture)] = content;
            return;
        }

        Store(path, content, http.Request.Headers["x-amz-meta-sha256"].ToString());
    }

    private Task DeleteAsync(HttpContext http, string path)
    {
        if (http.Request.Query["uploadId"].ToString() is { Length: > 0 } upload)
        {
            _uploads.TryRemove(upload, out _);
        }
        else
        {
            lock (_objects)
            {
                _objects.Remove(path);
            }
        }

        http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private async Task BeginAsync(HttpContext http, string path)
    {
        var upload = Guid.NewGuid().ToString("N");
        _uploads[upload] = new ConcurrentDictionary<int, byte[]>();
        _hashes[upload] = http.Request.Headers["x-amz-meta-sha256"];
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync("<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            + $"<Key>{path}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>");
    }

    private async Task CompleteAsync(HttpContext http, string path)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var asked = XDocument.Parse(await reader.ReadToEndAsync()).Descendants().Where(e => e.Name.LocalName == "PartNumber").Select(e =>
            int.Parse(e.Value, CultureInfo.InvariantCulture)).ToList();
        var upload = http.Request.Query["uploadId"].ToString();
        _uploads.TryRemove(upload, out var parts);
        byte[] content = [.. asked.SelectMany(number => parts![number])];
        var tag = $"\"{Convert.ToHexStringLower(MD5.HashData([.. asked.SelectMany(n => MD5.HashData(parts![n]))]))}-{asked.Count}\"";
        lock (_objects)
        {
            _objects[path] = new Stored(content, tag, _hashes[upload]);
        }

        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync("<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            + $"<ETag>{tag.Replace("\"", "&quot;", StringComparison.Ordinal)}</ETag></CompleteMultipartUploadResult>");
    }
}
