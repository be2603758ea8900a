using System.Net;
using Ism.Cluster.Hosting;
using Ism.Cluster.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ism.Cluster.Telemetry;

/// <summary>
/// What a process gives of its metrics and traces: an endpoint that Prometheus reads, and OTLP where one of the standard variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>) names a collector. It lives as long as the process, over all memberships.
/// </summary>
public sealed class NodeTelemetry : IAsyncDisposable
{
    /// <summary>Path of the endpoint.</summary>
    public const string Path = "/metrics";

    /// <summary>Path that answers 200 while the process does its work; see <see cref="NodeHealth.Lives"/>.</summary>
    public const string LivenessPath = "/healthz";

    /// <summary>Path that answers 200 while the node is a member that is up, or waits for a job; see <see cref="NodeHealth.Ready"/>.</summary>
    public const string ReadinessPath = "/readyz";

    private const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private readonly MeterProvider? _meters;
    private readonly TracerProvider? _traces;
    private readonly WebApplication? _app;
    private readonly ScrapeTarget? _target;

    private NodeTelemetry(MeterProvider? meters, TracerProvider? traces, WebApplication? app, ScrapeTarget? target, string? url) =>
        (_meters, _traces, _app, _target, Url) = (meters, traces, app, target, url);

    /// <summary>Where metrics are read, e.g. <c>http://127.0.0.1:9464/metrics</c>; null where there is no endpoint.</summary>
    public string? Url { get; }

    /// <summary>Starts it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="listen">Address and port of the endpoint, port 0 for a free one; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<NodeTelemetry> StartAsync(NodeOptions node, IPEndPoint? listen, CancellationToken cancel)
    {
        NodeMetrics.Is(node);
        var resource = ResourceBuilder.CreateDefault()
            .AddService($"ism-{node.Role}", serviceNamespace: "ism", autoGenerateServiceInstanceId: false, serviceInstanceId: node.NodeId);
        var meters = Meters(resource, listen is not null);
        var traces = Traces(resource);
        Instruments.Begin();
        if (listen is null)
        {
            return new NodeTelemetry(meters, traces, null, null, null);
        }

        var app = Endpoint(node, listen, meters!);
        try
        {
            await app.StartAsync(cancel);
        }
        catch
        {
            await app.DisposeAsync();
            meters?.Dispose();
            traces?.Dispose();
            throw;
        }

        var port = new Uri(app.Urls.First()).Port;
        var isAny = IPAddress.Any.Equals(listen.Address) || IPAddress.IPv6Any.Equals(listen.Address);
        var host = new HostPort(isAny ? node.Host : listen.Address.ToString(), port).ToString();
        var target = new ScrapeTarget(node, host);
        target.Write();
        return new NodeTelemetry(meters, traces, app, target, $"http://{host}{Path}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _target?.Remove();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _meters?.Dispose();
        _traces?.Dispose();
    }

    private static MeterProvider? Meters(ResourceBuilder resource, bool endpoint)
    {
        var exports = IsNamed("METRICS");
        if (!endpoint && !exports)
        {
            return null;
        }

        var builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Instruments.Name);
        if (endpoint)
        {
            builder.AddPrometheusExporter(o =>
            {
                o.ScopeInfoEnabled = false;
                o.ScrapeResponseCacheDurationMilliseconds = 0;
            });
        }

        return (exports ? builder.AddOtlpExporter() : builder).Build();
    }

    private static TracerProvider? Traces(ResourceBuilder resource) => !IsNamed("TRACES") ? null
        : Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Instruments.Name).AddOtlpExporter().Build();

    private static bool IsNamed(string signal) =>
        new[] { OtlpVariable, $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT" }.Any(v => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v)));

    private static WebApplication Endpoint(NodeOptions node, IPEndPoint listen, MeterProvider meters)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        NodeLogging.Add(builder.Logging, node).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Listen(listen);
        });
        var app = builder.Build();
        app.MapGet(LivenessPath, () => Told(NodeHealth.Current.Lives()));
        app.MapGet(ReadinessPath, () => Told(NodeHealth.Current.Ready()));
        app.UseOpenTelemetryPrometheusScrapingEndpoint(meters, null, Path, null, null);
        return app;
    }

    private static IResult Told(HealthAnswer answer) =>
        Results.Text(answer.Why, statusCode: answer.IsGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

    private readonly record struct HostPort(string Host, int Port)
    {
        public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
    }
}
