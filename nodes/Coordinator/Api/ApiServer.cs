using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Threading.RateLimiting;
using Ism.Cluster.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ism.Coordinator.Api;

/// <summary>
/// The HTTP API of a coordinator. It lives as long as the process, over all jobs and memberships; what it shows stands in files that all
/// coordinators reach, so that any of them serves it.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ApiRecords _records;
    private readonly ApiOptions _options;

    private ApiServer(WebApplication app, ApiOptions options, string url) =>
        (_app, _options, Url, _records) = (app, options, url, new ApiRecords(options.Folder));

    /// <summary>Where it is reached, e.g. <c>http://127.0.0.1:8420</c>.</summary>
    public string Url { get; }

    /// <summary>The page with the token, for a person to click on.</summary>
    public string PageUrl => $"{Url}/?token={Uri.EscapeDataString(_options.Token)}";

    /// <summary>Starts serving, and leaves the address in the folder.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="jobs">What is served.</param>
    /// <param name="reader">Reads submitted jobs.</param>
    /// <param name="configure">Adds more services and endpoints; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="IOException">The port is taken, or the certificates cannot be read.</exception>
    /// <exception cref="InvalidDataException">The certificates cannot be used.</exception>
    public static async Task<ApiServer> StartAsync(
        ApiOptions options, ApiJobs jobs, IJobReader reader, IApiExtension? configure, CancellationToken cancel)
    {
        _ = options.Tls?.Credentials();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        NodeLogging.Add(builder.Logging, options.Logged).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
            kestrel.Limits.MaxConcurrentConnections = 1000;
            kestrel.Limits.RequestHeadersTimeout = options.HeadersWithin;
            kestrel.Listen(options.Listen, listen =>
            {
                if (options.Tls is { } tls)
                {
                    listen.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        HandshakeTimeout = options.HeadersWithin,
                        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificateContext = tls.Credentials().Context,
                        }),
                    });
                }
            });
        });
        builder.Services.AddSingleton(options).AddSingleton(jobs).AddSingleton(reader).AddSingleton(new TokenGate(options));
        builder.Services.AddOpenApi("v1");
        builder.Services.AddRateLimiter(limits => Limit(limits, options.RequestsPerSecond));
        builder.Services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        configure?.AddServices(builder);
        var app = builder.Build();
        app.UseExceptionHandler(errors => errors.Run(Explain));
        app.UseStatusCodePages(bare => SayAsync(bare.HttpContext));
        app.Use(Headers);
        app.UseRateLimiter();
        var gate = app.Services.GetRequiredService<TokenGate>();
        app.Use(next => context => gate.InvokeAsync(context, next));
        app.MapOpenApi("/api/openapi.json");
        app.MapGet("/healthz", () => "ok").ExcludeFromDescription();
        app.MapGet("/readyz", (ApiJobs all) => all.All().Count >= 0 ? "ready" : "").ExcludeFromDescription();
        var api = app.MapGroup("/api/v1");
        JobEndpoints.Map(api);
        CourseEndpoints.Map(api);
        configure?.AddEndpoints(app);
        await app.StartAsync(cancel);
        var server = new ApiServer(app, options, UrlOf(app, options));
        server._records.Write(new ApiRecord(options.NodeId, server.Url));
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _records.Remove(_options.NodeId, Url);
        await _app.DisposeAsync();
    }

    private static Task Explain(HttpContext context) => context.Features.Get<IExceptionHandlerFeature>()?.Error switch
    {
        BadHttpRequestException bad => ApiProblem.WriteAsync(context, bad.StatusCode, "the request cannot be taken", bad.Message),
        IOException io => ApiProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the storage refused", io.Message),
        _ => ApiProblem.WriteAsync(context, StatusCodes.Status500InternalServerError, "something failed", "the coordinator's log says what"),
    };

    // What is refused before an endpoint is reached has a status and no word.
    private static Task SayAsync(HttpContext context)
    {
        var (request, status) = (context.Request, context.Response.StatusCode);
        var (title, detail) = status switch
        {
            StatusCodes.Status404NotFound => ("nothing is here", $"{request.Path} is no address of the API; GET /api/openapi.json describes it"),
            StatusCodes.Status405MethodNotAllowed => ("not so", $"{request.Path} takes no {request.Method}; GET /api/openapi.json describes it"),
            StatusCodes.Status415UnsupportedMediaType => (
                "the body's type is not taken", $"{request.ContentType} was sent; send YAML as application/yaml, JSON as application/json"),
            _ => ("the request was refused", $"{request.Method} {request.Path}: {status}"),
        };
        return ApiProblem.WriteAsync(context, status, title, detail);
    }

    private static void Limit(RateLimiterOptions limits, int requestsPerSecond)
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.OnRejected = async (context, cancel) =>
        {
            context.HttpContext.Response.Headers.RetryAfter = "1";
            await ApiProblem.WriteAsync(
                context.HttpContext, StatusCodes.Status429TooManyRequests, "too many requests", $"{requestsPerSecond} a second are taken from one address");
        };
        limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, IPAddress>(context => RateLimitPartition.GetTokenBucketLimiter(
            context.Connection.RemoteIpAddress ?? IPAddress.None,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = requestsPerSecond * 4,
                TokensPerPeriod = requestsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }

    private static Task Headers(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    private static string UrlOf(WebApplication app, ApiOptions options)
    {
        var bound = new Uri(app.Urls.First());
        var host = options.PublicHost ?? (IPAddress.Any.Equals(options.Listen.Address) || IPAddress.IPv6Any.Equals(options.Listen.Address)
            ? Dns.GetHostName()
            : options.Listen.Address.ToString());
        host = host.Contains(':') ? $"[{host}]" : host;
        return string.Create(CultureInfo.InvariantCulture, $"{(options.Tls is null ? "http" : "https")}://{host}:{bound.Port}");
    }
}

/// <summary>What is served beside the API: the page, metrics.</summary>
public interface IApiExtension
{
    /// <summary>Adds services.</summary>
    void AddServices(WebApplicationBuilder builder);

    /// <summary>Adds endpoints, behind the token.</summary>
    void AddEndpoints(WebApplication app);
}
